"""``make docs``."""

from tools.docs import ROOT, pages


def main() -> None:
    for path, text in pages().items():
        file = ROOT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        print(path)


if __name__ == "__main__":
    main()
