/** The machine outside the project: disks, services, users, processes. */
import { deny } from '../rules.mjs';
import { operandsOf } from '../options.mjs';
import { isDynamic } from '../words.mjs';

/**
 * @typedef {import('../commands.mjs').Check} Check
 */

/** @type {Check} */
function system() {
  deny('system');
}

/** Status and lists are allowed; everything else changes services. @type {Check} */
function services(args) {
  const [action = ''] = operandsOf(args);
  if (!/^(status|show|list-.*|is-active|is-enabled|cat|)$/.test(action)) deny('system');
}

/** @type {Check} */
function kill(args, call) {
  if (args.length === 0 || /^-[lL]|^--list/.test(args[0] ?? '')) return;
  if (call.fromInput) deny('kill-by-name');
  let signalled = false;
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (/^(-s|-n|--signal)$/.test(argument)) {
      index += 1;
      signalled = true;
    } else if (argument === '--') signalled = true;
    else if (!signalled && index === 0 && /^-([A-Z]+\d*|\d+)$/i.test(argument) && args.length > 1) signalled = true;
    else if (/^(0|-1|-0|1)$/.test(argument)) deny('kill-by-name');
    else if (isDynamic(argument) && call.walk.soughtProcesses) deny('kill-by-name');
  }
}

/** Finding processes is allowed; killing what was found is not. @type {Check} */
function seek(args, call, name) {
  call.walk.soughtProcesses = true;
  if (name === 'fuser' && args.some((argument) => /^-[a-zA-Z]*k|^--kill/.test(argument))) deny('kill-by-name');
  // Without a dash, `e` prints the environment of every process.
  if (
    name === 'ps' &&
    args.some(
      (argument) =>
        /^[a-zA-Z]*e[a-zA-Z]*$/.test(argument) &&
        !/^(e|p?pid|user|comm?|args|etime|time|stat)$/.test(argument.replace(/^eww?$/, 'x')),
    )
  )
    deny('env-dump');
}

/** @type {Check} */
function byName() {
  deny('kill-by-name');
}

/** @type {Check} */
function schedule(args, call, name) {
  if (name === 'crontab' && args.length === 1 && args[0] === '-l') return;
  deny('system');
}

/** @type {Check} */
function packages(args) {
  const [action = ''] = operandsOf(args, ['-o', '-c']);
  if (!/^(search|show|list|info|policy|depends|rdepends|madison|cache|help|)$/.test(action)) deny('system');
}

/** @type {Check} */
function cd(args, call, name) {
  const [target] = operandsOf(args);
  const { state } = call;
  if (name === 'popd' || target === '-' || target === undefined) {
    state.folders = target === undefined && name === 'cd' ? [state.context.home] : [];
    return;
  }
  state.folders = isDynamic(target) ? [] : state.pathsOf(target);
}

/** @type {Check} */
function mount(args) {
  if (args.length > 0 && args[0] !== '-l') deny('system');
}

/** @type {Check} */
function ip(args) {
  if (args.some((argument) => /^(add|del|delete|set|flush|change|replace|up|down)$/.test(argument))) deny('system');
}

/** @type {Check} */
function editor(args) {
  // No person uses it, and some editors run commands given as options.
  if (args.some((argument) => /^(-c|\+|--cmd|-e|-es|-s|--eval|--batch|-l|--load|--script|-Es)/.test(argument)))
    deny('code-runs-commands');
}

/** @type {Check} */
function enable(args) {
  // `-f` loads a builtin from a file.
  if (args.some((argument) => /^-[a-z]*f/.test(argument))) deny('code-runs-commands');
}

/** @type {Check} */
function make(args) {
  // make runs whatever SHELL names as its shell.
  if (args.some((argument) => /^(SHELL|MAKE)[:?+]?=/.test(argument))) deny('code-runs-commands');
}

const SYSTEM =
  'mkfs mkswap fdisk sfdisk cfdisk parted gdisk sgdisk wipefs blkdiscard hdparm losetup cryptsetup lvremove vgremove pvremove mdadm zpool zfs btrfs umount swapon swapoff shutdown reboot halt poweroff init telinit iptables ip6tables nft ufw firewall-cmd useradd userdel usermod groupadd groupdel adduser deluser passwd chpasswd visudo vipw chsh chfn insmod rmmod modprobe sysctl kexec grub-install update-grub efibootmgr setcap setenforce auditctl update-alternatives ldconfig hostnamectl timedatectl loginctl systemd-run machinectl launchctl diskutil dscl csrutil defaults chattr debugfs tune2fs gdb lldb'.split(
    ' ',
  );

/** @type {Record<string, Check>} */
export const MACHINE = {
  ...Object.fromEntries(SYSTEM.map((name) => [name, system])),
  ...Object.fromEntries(
    ['mkfs.ext4', 'mkfs.ext3', 'mkfs.ext2', 'mkfs.xfs', 'mkfs.btrfs', 'mkfs.vfat', 'mkfs.fat'].map((name) => [
      name,
      system,
    ]),
  ),
  enable,
  make,
  gmake: make,
  mount,
  systemctl: services,
  service: system,
  crontab: schedule,
  at: schedule,
  batch: schedule,
  kill,
  pkill: byName,
  killall: byName,
  killall5: byName,
  skill: byName,
  slay: byName,
  xkill: byName,
  pgrep: seek,
  pidof: seek,
  ps: seek,
  lsof: seek,
  fuser: seek,
  ss: seek,
  netstat: seek,
  apt: packages,
  'apt-get': packages,
  aptitude: packages,
  dpkg: (args) => {
    if (args.some((argument) => /^(-i|-r|-P|--install|--remove|--purge|--configure|--unpack)$/.test(argument)))
      deny('system');
  },
  yum: packages,
  dnf: packages,
  zypper: packages,
  pacman: (args) => {
    if (!/^-[QSF][a-z]*[sil]?$/.test(args[0] ?? '') || /^-S[yu]*$/.test(args[0] ?? '')) deny('system');
  },
  apk: packages,
  brew: packages,
  snap: packages,
  cd,
  pushd: cd,
  popd: cd,
  ip,
  vim: editor,
  vi: editor,
  nvim: editor,
  ex: editor,
  ed: editor,
  emacs: editor,
  nano: editor,
};
