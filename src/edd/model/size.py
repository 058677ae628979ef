"""Sizes in the words people use."""

UNITS = ("kB", "MB", "GB", "TB")


def human_size(count: float) -> str:
    """Return a number of bytes as ``77 kB`` or ``1.2 GB``, in powers of 1000 as Docker does."""
    if count < 999.5:
        return f"{count:.0f} B"
    for unit in UNITS:
        count /= 1000
        if count < 999.5 or unit == UNITS[-1]:
            break
    return f"{count:.1f} {unit}" if count < 9.95 else f"{count:.0f} {unit}"
