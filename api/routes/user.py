"""/user: registering, logging in, and what is held about oneself."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import SecretStr

from api import limits, users
from api.database import Database
from api.deps import AddressDep, CurrentUser, DatabaseDep, LimiterDep, MetricsDep, SettingsDep, refused
from api.limits import Limiter, Subject
from api.problems import ProblemError
from api.schemas.common import InvalidInput, said
from api.schemas.user import (
    CONSENT,
    AttemptsHeld,
    Consent,
    Token,
    UserCreate,
    UserDelete,
    UserExport,
    UserMe,
    UserPublic,
    UserRecord,
    UserUpdate,
)
from api.security import create_token
from api.users import Member

router = APIRouter(prefix="/user", tags=["user"])
_INVALID: dict[int | str, dict[str, Any]] = {422: said("The request is malformed.", InvalidInput)}
_LIMITED: dict[int | str, dict[str, Any]] = {429: said("Too many attempts.", Retry_After="Seconds to wait.")}
_TOKEN: dict[int | str, dict[str, Any]] = {
    401: said("The token is missing, expired or not valid.", WWW_Authenticate="`Bearer`")
}
_PASSWORD: dict[int | str, dict[str, Any]] = {**_TOKEN, **_INVALID, **_LIMITED, 403: said("The password is wrong.")}
_TAKEN = "This username or e-mail address is already taken."
_LOGIN_EXAMPLE = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "example": {"username": "camille", "password": "nappe-phreatique-2024"},
            }
        }
    }
}


@router.post(
    "/register",
    status_code=201,
    summary="Register",
    responses={
        **_INVALID,
        **_LIMITED,
        400: said("Consent was not given; nothing is stored."),
        409: said("The username or the e-mail address is taken."),
    },
)
def register(user: UserCreate, db: DatabaseDep, limiter: LimiterDep, address: AddressDep) -> UserPublic:
    """Create a user, who can then log in. The consent, its version and its date are kept."""
    if not user.consent_given:
        raise ProblemError("consent-required", "Nobody is registered without consent: send consent_given: true.")
    _limit(limiter.count(db, limiter.registration(user.email, address)))
    created = users.register(db, user)
    if created is None:
        # Which of the two is not said: an e-mail address that is registered is nobody else's business.
        raise ProblemError("already-taken", _TAKEN)
    return created


@router.post(
    "/login",
    summary="Log in",
    responses={
        **_INVALID,
        **_LIMITED,
        401: said("The username or the password is wrong.", WWW_Authenticate="`Bearer`"),
    },
    openapi_extra=_LOGIN_EXAMPLE,
)
def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    db: DatabaseDep,
    settings: SettingsDep,
    limiter: LimiterDep,
    metrics: MetricsDep,
    address: AddressDep,
) -> Token:
    """Get a token, from a form with `username` and `password`."""
    counted = limiter.login(form.username, address)
    wait = limiter.count(db, counted)
    if wait:
        metrics.logins.labels("limited").inc()
    _limit(wait)
    claim = users.authenticate(db, form.username, form.password, counted)
    metrics.logins.labels("accepted" if claim else "refused").inc()
    if claim is None:
        # The same answer after the same work, so that nobody learns here who is registered.
        raise ProblemError(
            "wrong-credentials", "The username or the password is wrong.", {"WWW-Authenticate": "Bearer"}
        )
    return Token(access_token=create_token(claim, settings))


@router.post("/logout", status_code=204, summary="Log out everywhere", responses=_TOKEN)
def logout(who: CurrentUser, db: DatabaseDep) -> None:
    """Refuse every token made so far, on every device."""
    users.revoke_tokens(db, who)


@router.get("/me", summary="My account", responses=_TOKEN)
def me(who: CurrentUser) -> UserMe:
    """The account of who asks, and when it will be deleted if it is not used."""
    return who.me


@router.get("/me/export", summary="Everything held about me", responses=_TOKEN)
def export(who: CurrentUser, db: DatabaseDep, limiter: LimiterDep, response: Response) -> UserExport:
    """Everything held about who asks, in a form a program can read (RGPD, articles 15 and 20)."""
    account = users.everything(db, who)
    if not account:
        raise refused()
    counted = _counted(who, limiter)
    held = limits.held(db, list(counted.values()))
    response.headers["Content-Disposition"] = 'attachment; filename="hydrotheque-account.json"'
    return UserExport(
        exported_at=dt.datetime.now(dt.UTC),
        account=UserRecord(**account),
        password="argon2id hash",  # noqa: S106  (says so, is none)
        consent=CONSENT,
        attempts=[
            AttemptsHeld(what=what, **{name: held[each.key][name] for name in ("attempts", "expires_at")})
            for what, each in counted.items()
            if each.key in held
        ],
    )


@router.patch(
    "/me",
    summary="Correct my account",
    responses={**_PASSWORD, 409: said("The username or the e-mail address is taken.")},
)
def correct(changes: UserUpdate, who: CurrentUser, db: DatabaseDep, limiter: LimiterDep, address: AddressDep) -> UserMe:
    """Change the name, the e-mail address or the password. A new password refuses every token made so far."""
    _ask_again(changes.current_password, who, db, limiter, address)
    if changes.username or changes.email:
        # Whether a name or an address is taken may be asked here no oftener than at a registration.
        _limit(limiter.count(db, limiter.registration(who.me.email, address)))
    changed = users.update_me(db, who, changes)
    if changed is None:
        _still_in(who, db)
        raise ProblemError("already-taken", _TAKEN)
    return changed.me


@router.delete("/me", status_code=204, summary="Delete my account", responses=_PASSWORD)
def delete(sent: UserDelete, who: CurrentUser, db: DatabaseDep, limiter: LimiterDep, address: AddressDep) -> None:
    """Delete the account and everything held about who asks, at once and for good (RGPD, article 17)."""
    _ask_again(sent.current_password, who, db, limiter, address)
    users.erase(db, who, list(_counted(who, limiter).values()))


@router.post(
    "/me/consent",
    summary="Consent to what is kept now",
    responses={**_TOKEN, **_INVALID, 400: said("Consent was not given; nothing changes.")},
)
def consent(sent: Consent, who: CurrentUser, db: DatabaseDep) -> UserMe:
    """Consent to the current version of the text, when the one consented to was another."""
    if not sent.consent_given:
        raise ProblemError("consent-required", "Send consent_given: true, or withdraw with DELETE /user/me/consent.")
    found = users.consent_again(db, who)
    if found is None:
        raise refused()
    return found


@router.delete("/me/consent", status_code=204, summary="Withdraw my consent", responses=_TOKEN)
def withdraw(who: CurrentUser, db: DatabaseDep) -> None:
    """Close the account at once: no token and no login works any more, and the next daily purge deletes it."""
    users.withdraw_consent(db, who)


def _limit(wait: int | None) -> None:
    if wait:
        raise ProblemError(
            "too-many-attempts", f"Too many attempts: try again in {wait} seconds.", {"Retry-After": str(wait)}
        )


def _counted(who: Member, limiter: Limiter) -> dict[str, Subject]:
    """What is counted of who asks."""
    return {
        "login": limiter.login(who.me.username, "")[0],
        "password": limiter.password(who.claim.user_id, "")[0],
        "registration": limiter.registration(who.me.email, "")[0],
    }


def _still_in(who: Member, db: Database) -> None:
    """401 when the token was refused since it was checked."""
    if users.member(db, who.claim) is None:
        raise refused()


def _ask_again(password: SecretStr, who: Member, db: Database, limiter: Limiter, address: str) -> None:
    """The password, where a token that was left behind must not do."""
    counted = limiter.password(who.claim.user_id, address)
    _limit(limiter.count(db, counted))
    if not users.knows_password(db, who, password.get_secret_value(), counted):
        _still_in(who, db)
        raise ProblemError("wrong-password", "current_password is not the password of the account.")
