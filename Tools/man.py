#!/usr/bin/env python3
"""Prints elbo's manual page, made of what the program itself tells of its commands.

    Tools/man.py .build/release/elbo > Docs/man/elbo.1
"""
import json
import subprocess
import sys


def roff(text):
    """Text that troff shows as it stands."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line.startswith(".") else line for line in text.splitlines())


def paragraphs(text):
    """A discussion: tables and examples keep their lines, sentences are filled."""
    for block in filter(None, text.strip().split("\n\n")):
        lines = block.splitlines()
        if len(lines) > 1 or lines[0].startswith("elbo "):
            yield ".PP\n.nf\n.RS 2\n" + roff("\n".join(lines)) + "\n.RE\n.fi"
        else:
            yield ".PP\n" + roff(block)


def names(argument):
    """An argument as it is typed: \"-n n\", \"--set key=value\", \"preset|file\"."""
    value = "\\fI" + roff(argument.get("valueName", "")) + "\\fR"
    if argument["kind"] == "positional":
        return value
    spelt = ", ".join(
        "\\fB" + roff(("-" if name["kind"] == "short" else "--") + name["name"]) + "\\fR"
        for name in argument["names"]
    )
    return spelt if argument["kind"] == "flag" else spelt + " " + value


def arguments(command):
    for argument in command.get("arguments", []):
        shown = [name["name"] for name in argument.get("names", [])]
        if not argument["shouldDisplay"] or shown in (["version"], ["h", "help"]):
            continue
        about = argument.get("abstract", "").rstrip()
        if "defaultValue" in argument and "by default" not in about:
            about += f" Default: {argument['defaultValue']}."
        yield ".TP\n" + names(argument) + "\n" + roff(about or "See above.")


def section(command, path):
    yield f".SS {roff(' '.join(path))}\n" + roff(command["abstract"])
    yield from paragraphs(command.get("discussion", ""))
    yield from arguments(command)
    for inner in command.get("subcommands", []):
        if inner["commandName"] != "help":
            yield from section(inner, path + [inner["commandName"]])


def main():
    program = sys.argv[1]
    told = subprocess.run(
        [program, "--experimental-dump-help"], check=True, capture_output=True, text=True
    ).stdout
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    root = json.loads(told)["command"]
    parts = [
        f'.\\" Made by Tools/man.py.\n.TH ELBO 1 "" "elbo {version}" "Elbo"',
        ".SH NAME\nelbo \\- " + roff(root["abstract"][0].lower() + root["abstract"][1:].rstrip(".")),
        ".SH SYNOPSIS\n.B elbo\n\\fIcommand\\fR [\\fIarguments\\fR]",
        ".SH DESCRIPTION",
        *paragraphs(root["discussion"]),
        ".SH COMMANDS",
    ]
    for command in root["subcommands"]:
        if command["commandName"] != "help":
            parts += section(command, [command["commandName"]])
    parts.append(
        ".SH ENVIRONMENT\n"
        ".TP\n.B ELBO_DATA\nThe folder of data sets, searched before the others.\n"
        ".TP\n.B ELBO_GNUPLOT\nThe path of gnuplot.\n"
        ".TP\n.B LIBTORCH\nThe folder of libtorch, where it is not the one that elbo was built with.\n"
        ".TP\n.B NO_COLOR\nIf set, no colours."
    )
    print("\n".join(parts))


main()
