"""The command line: results on stdout, progress and errors on stderr, an example in every `--help`."""

from __future__ import annotations

import codecs
import errno
import io
import keyword
import sqlite3
import sys

import click

from mirror import __version__
from mirror.errors import MirrorError
from warc.errors import WarcError


class _Commands(click.Group):
    """Commands are imported when they are asked for: `mirror --help` and `mirror status` start at once."""

    modules = (
        "init",
        "crawl",
        "status",
        "captures",
        "cite",
        "show",
        "diff",
        "search",
        "quality",
        "export",
        "import",
        "verify",
        "witnesses",
        "replay",
        "concordance",
        "rebuild",
        "serve",
        "schedule",
        "run",
        "demo",
    )

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.modules:
            return None
        module_name = f"{name}_" if keyword.iskeyword(name) else name  # `import` cannot name a module
        module = __import__(f"mirror.cli.{module_name}", fromlist=["command"])
        command: click.Command = module.command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="mirror")
@click.option("--home", metavar="DIR", help="Folder of the collections (default: $MIRROR_HOME, else here).")
@click.pass_context
def cli(context: click.Context, home: str | None) -> None:
    """保存地方志数据库：逐字节存档，提取条目，核对是否完整。

    Preserve a gazetteer database: byte-exact archive, clean entries, proven coverage.

    \b
    Begin here / 从这里开始:
      mirror demo                                    a tour in a minute, nothing leaves this machine
      mirror init shandong --source chorography      make a collection
      mirror crawl shandong --limit 10               archive ten entries
      mirror status shandong                         what is held, what is missing
    """
    context.obj = home


def main() -> None:
    """Entry point of the `mirror` command. Exit codes: 0 done, 1 failed, 2 misused, 3 asks for a look.

    Where the reader of a pipe (`| head`) has gone, click ends with 1 and without a word: not all of it was told.
    """
    _speak_in_any_locale()
    try:
        code = cli.main(standalone_mode=False, prog_name="mirror")
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped / 已中止", err=True)
        code = 130
    except MirrorError as error:
        _complain(str(error))
        code = error.exit_code
    except WarcError as error:
        _complain(str(error))
        code = 1
    except sqlite3.Error as error:
        _complain(
            f"the collection's mirror.db: {error}. If the disk is full, make room and run the command again; "
            f"if the file is damaged, move it away and run `mirror rebuild`: the WARC files are the truth"
        )
        code = 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = ". Make room, then run the command again; what is archived is safe" if full else ""
        _complain(f"{where}{error.strerror or error}{remedy}")
        code = 1
    sys.exit(code or 0)


def _complain(message: str) -> None:
    click.echo(click.style("错误 error: ", fg="red", bold=True) + message, err=True)


def _speak_in_any_locale() -> None:
    """Write what the charset of a terminal lacks (GBK has no ›) as JSON does: `\\u203a`."""
    codecs.register_error("escape-as-json", _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # neither closed nor replaced
            # ASCII means that no locale is set: then it is UTF-8, as all files are.
            charset = "utf-8" if codecs.lookup(stream.encoding).name == "ascii" else None
            stream.reconfigure(encoding=charset, errors="escape-as-json")


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    octets = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{octets[at : at + 2].hex()}" for at in range(0, len(octets), 2)), error.end
