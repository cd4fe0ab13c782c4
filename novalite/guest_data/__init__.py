"""What a guest may read about itself: on its config drive and at 169.254.169.254.

One module per document; ``tree`` puts them under their paths and versions. Both ways out
show the same bytes, but for what only one of them has (``admin_pass``, ``files`` on the drive;
``password`` over HTTP).
"""

from novalite.guest_data.tree import GuestData

__all__ = ["GuestData"]
