"""What the ground floor tells the floors above without knowing them."""

from django.dispatch import Signal

# Customers went to another owner. Arguments: customer_ids (list of int), to (User or None), by (User), at (datetime).
# Sent inside the transaction of the change: receivers move what follows the owner (open tasks).
customer_reassigned = Signal()
