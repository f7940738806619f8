"""What routes ask for: the settings, the database, the user behind the token.

`async` where nothing waits: a sync dependency costs a change of thread.
"""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer

from api import users
from api.database import Database
from api.schemas.user import UserPublic
from api.security import InvalidTokenError, read_token
from api.settings import Settings

NOT_LOGGED_IN = "The token is missing, expired or not valid: get one at POST /user/login."

_bearer = OAuth2PasswordBearer(
    tokenUrl="user/login",
    auto_error=False,
    scheme_name="login",
    description="Log in with the name and the password you registered; the token lasts 30 minutes by default.",
)


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


SettingsDep = Annotated[Settings, Depends(_settings)]
DatabaseDep = Annotated[Database, Depends(_database)]


def current_user(settings: SettingsDep, db: DatabaseDep, token: Annotated[str | None, Depends(_bearer)]) -> UserPublic:
    """The user the token was made for; 401 with one and the same answer whatever is wrong."""
    try:
        user = users.active(db, read_token(token or "", settings))
    except InvalidTokenError:
        user = None
    if user is None:
        raise HTTPException(401, NOT_LOGGED_IN, {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[UserPublic, Depends(current_user)]
