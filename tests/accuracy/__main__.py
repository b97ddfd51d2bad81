"""Measures, and writes the document."""

from .document import DOCUMENT, page
from .matrix import measured


def main() -> None:
    matrix = measured()
    DOCUMENT.write_text(page(matrix), encoding="utf-8")
    for each in (*matrix.wrong, *matrix.unstated):
        print(each)
    print(
        f"{len(matrix.judged)} acts of {len(matrix.scenarios)} scenarios; {len(matrix.wrong)} wrong. Written: {DOCUMENT}"
    )


if __name__ == "__main__":
    main()
