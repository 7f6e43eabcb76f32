"""The demo's firm, teams and accounts."""

from django.contrib.auth.hashers import make_password

from customers.backends import DEMO_PASSWORD
from customers.models import FirmProfile, Team, User
from customers.vocabulary import FirmSize, UserRole

FIRM = "云岚智联系统集成有限公司"
TEAMS = ["华东一部", "华南二部"]
MANAGERS = ["manager", "wangjing", "zhaolei", "sunyue", "liqiang", "huangting"]  # in the order of World's owners
ACCOUNTS = [  # username, family name, given name, role, team
    ("manager", "林", "晓雯", UserRole.MANAGER, 0),
    ("lead", "周", "启明", UserRole.LEAD, 0),
    ("admin", "陈", "立群", UserRole.ADMIN, None),
    ("wangjing", "王", "静", UserRole.MANAGER, 0),
    ("zhaolei", "赵", "磊", UserRole.MANAGER, 0),
    ("sunyue", "孙", "悦", UserRole.MANAGER, 1),
    ("liqiang", "李", "强", UserRole.MANAGER, 1),
    ("huangting", "黄", "婷", UserRole.MANAGER, 1),
]


def taken():
    """Usernames of the demo that belong to somebody real."""
    names = [account[0] for account in ACCOUNTS]
    return sorted(User.objects.filter(username__in=names, is_demo=False).values_list("username", flat=True))


def create():
    """Creates firm, teams and accounts; returns the users by username."""
    firm = FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)
    if not firm.name:
        firm.name, firm.size, firm.currency = FIRM, FirmSize.SMALL.value, "CNY"
        firm.save()
    teams = [Team.objects.get_or_create(name=name)[0] for name in TEAMS]
    secret = make_password(DEMO_PASSWORD)  # hashed once: eight slow hashes of one password tell nobody anything new
    users = {}
    for username, family, given, role, team in ACCOUNTS:
        users[username] = User.objects.create(
            username=username,
            last_name=family,
            first_name=given,
            email=f"{username}@example.com",
            role=role.value,
            team=None if team is None else teams[team],
            is_demo=True,
            password=secret,
        )
    return users
