"""What the tabulator key makes of lines, in a shell that believes a person is there.

    press_tab.py zsh|fish SCRIPT LINE...

Prints a line for each. SCRIPT is the shell's completion script.
"""

import os
import pty
import re
import select
import shutil
import sys
import tempfile
import time

shell, script, *lines = sys.argv[1:]
folder = tempfile.mkdtemp()
shutil.copy(script, folder + "/_elbo")
# The key completes, tells the line between two marks, and empties it.
setups = {
    "zsh": f"""PS1=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -D -u
tell() {{ zle complete-word; print -r -- "<""<<$BUFFER>"">>"; BUFFER= }}
zle -N tell; bindkey '^I' tell; print REA''DY
""",
    "fish": f"""source {folder}/_elbo; function fish_prompt; end
bind \\t complete; bind \\cg 'echo "<""<<"(commandline)">"">>"; commandline -r ""'; echo REA""DY
""",
}
commands = {"zsh": ["zsh", "-f", "-i"], "fish": ["fish", "--no-config", "--interactive"]}
key = {"zsh": "\t", "fish": "\t\a"}[shell]

child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="dumb", HOME=folder, XDG_CONFIG_HOME=folder, XDG_DATA_HOME=folder)
    os.execvp(commands[shell][0], commands[shell])


def read_until(mark, seconds=30):
    text, end = "", time.monotonic() + seconds
    while not (found := re.search(mark, text, re.DOTALL)):
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"{shell} did not answer: {text!r}")
        text += os.read(terminal, 4096).decode(errors="replace")
    return found


try:
    os.write(terminal, setups[shell].encode())
    read_until("READY")
    for line in lines:
        os.write(terminal, (line + key).encode())
        print(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\n]", "", read_until("<<<(.*?)>>>")[1]).strip())
finally:
    os.close(terminal)
    os.waitpid(child, 0)
    shutil.rmtree(folder)
