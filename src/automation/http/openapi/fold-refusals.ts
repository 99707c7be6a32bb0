/** The little of React and of Swagger UI's plugins that is used here. */
interface System {
  readonly React: { createElement(type: unknown, props: object | null, ...children: unknown[]): unknown };
}
type Component = (props: { readonly code: string }) => unknown;

/**
 * A plugin of Swagger UI: an operation's refusals are folded, each under its status, since there are a dozen for each operation and
 * who reads wants the answer. The page gets its source text, so it must stand alone.
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
