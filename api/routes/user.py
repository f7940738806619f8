"""/user: registering and logging in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import OAuth2PasswordRequestForm

from api import users
from api.deps import DatabaseDep, MetricsDep, SettingsDep
from api.problems import ProblemError
from api.schemas.common import InvalidInput, said
from api.schemas.user import Token, UserCreate, UserPublic
from api.security import create_token

router = APIRouter(prefix="/user", tags=["user"], responses={422: said("The request is malformed.", InvalidInput)})
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
        400: said("Consent was not given; nothing is stored."),
        409: said("The username or the e-mail address is taken."),
    },
)
def register(user: UserCreate, db: DatabaseDep) -> UserPublic:
    """Create a user, who can then log in. The consent and its date are kept."""
    if not user.consent_given:
        raise ProblemError(
            "consent-required", "Nobody is registered without consent: send consent_given: true to agree."
        )
    created = users.register(db, user)
    if created is None:
        # Which of the two is not said: an e-mail address that is registered is nobody else's business.
        raise ProblemError("already-taken", "This username or e-mail address is already taken.")
    return created


@router.post(
    "/login",
    summary="Log in",
    responses={401: said("The username or the password is wrong.", WWW_Authenticate="`Bearer`")},
    openapi_extra=_LOGIN_EXAMPLE,
)
def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    response: Response,
    db: DatabaseDep,
    settings: SettingsDep,
    metrics: MetricsDep,
) -> Token:
    """Get a token, from a form with `username` and `password`."""
    claim = users.authenticate(db, form.username, form.password)
    metrics.logins.labels("refused" if claim is None else "accepted").inc()
    if claim is None:
        # The same answer after the same work, so that nobody learns here who is registered.
        raise ProblemError(
            "wrong-credentials", "The username or the password is wrong.", {"WWW-Authenticate": "Bearer"}
        )
    response.headers["Cache-Control"] = "no-store"  # RFC 6749 section 5.1
    return Token(access_token=create_token(claim, settings))
