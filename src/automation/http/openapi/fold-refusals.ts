/** The parts of React and of Swagger UI's plugin system used here. */
interface System {
  readonly React: { createElement(type: unknown, props: object | null, ...children: unknown[]): unknown };
}
type Component = (props: { readonly code: string }) => unknown;

/**
 * A Swagger UI plugin that folds error responses, one fold per status: each operation has about a dozen, and readers want the successful
 * one. The page gets the source text of this function, so it must be self-contained.
 */
export function foldRefusals(): object {
  return {
    wrapComponents: {
      response: (Original: Component, { React }: System): Component =>
        function Response(props) {
          const answer = React.createElement(Original, props);
          if (String(props.code).startsWith('2')) return answer;
          const table = React.createElement('table', { width: '100%' }, React.createElement('tbody', null, answer));
          const folded = React.createElement('details', null, React.createElement('summary', null, props.code), table);
          return React.createElement('tr', null, React.createElement('td', { colSpan: 3 }, folded));
        },
    },
  };
}
