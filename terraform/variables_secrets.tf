# Secrets pass through Terraform into the vault and the server, and stay in neither plan nor state: ephemeral variables
# and write-only arguments. They are given (TF_VAR_…) when they are written, and not otherwise.

variable "secrets_to_write" {
  description = "Secrets that this apply writes: all of them the first time, one to change it, none in daily use."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.secrets_to_write, [
      "admin_password", "owner_password", "api_service_password", "readonly_password", "secret_key", "city_db_pwd",
      "notify_urls", "prefect_auth",
    ])) == 0
    error_message = "secrets_to_write: admin_password, owner_password, api_service_password, readonly_password, secret_key, city_db_pwd, notify_urls, prefect_auth."
  }
}

variable "secret_versions" {
  description = "Version of each secret, 1 when not named; a higher number writes the secret again."
  type        = map(number)
  default     = {}

  validation {
    condition = alltrue([for version in values(var.secret_versions) : version >= 1]) && length(setsubtract(keys(var.secret_versions), [
      "admin_password", "owner_password", "api_service_password", "readonly_password", "secret_key", "city_db_pwd",
      "notify_urls", "prefect_auth",
    ])) == 0
    error_message = "secret_versions: a number of 1 or more for a name of secrets_to_write."
  }
}

variable "admin_password" {
  description = "Password of admin_login."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = !contains(var.secrets_to_write, "admin_password") || try(length(var.admin_password) >= 24, false)
    error_message = "admin_password: 24 characters or more in TF_VAR_admin_password (openssl rand -base64 36 makes one)."
  }
}

variable "owner_password" {
  description = "Password of the role hydrotheque, which owns the schemas, loads and builds."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = !contains(var.secrets_to_write, "owner_password") || try(length(var.owner_password) >= 24, false)
    error_message = "owner_password: 24 characters or more in TF_VAR_owner_password (openssl rand -base64 36 makes one)."
  }
}

variable "api_service_password" {
  description = "Password of the role api_service."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = !contains(var.secrets_to_write, "api_service_password") || try(length(var.api_service_password) >= 24, false)
    error_message = "api_service_password: 24 characters or more in TF_VAR_api_service_password (openssl rand -base64 36 makes one)."
  }
}

variable "readonly_password" {
  description = "Password of readonly_username."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = !contains(var.secrets_to_write, "readonly_password") || try(length(var.readonly_password) >= 24, false)
    error_message = "readonly_password: 24 characters or more in TF_VAR_readonly_password (openssl rand -base64 36 makes one)."
  }
}

variable "secret_key" {
  description = "Key that signs the API's tokens."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition = !contains(var.secrets_to_write, "secret_key") || try(
      length(var.secret_key) >= { HS256 = 32, HS384 = 48, HS512 = 64 }[var.algorithm], false
    )
    error_message = "secret_key: at least 32 characters for HS256, 48 for HS384, 64 for HS512, in TF_VAR_secret_key (openssl rand -base64 48 makes 64)."
  }
}

variable "city_db_pwd" {
  description = "Password of city_db_user."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = !contains(var.secrets_to_write, "city_db_pwd") || try(length(var.city_db_pwd) > 0, false)
    error_message = "city_db_pwd: the password of city_db_user, in TF_VAR_city_db_pwd."
  }
}

variable "prefect_auth" {
  description = "user:password asked by the Prefect server."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = !contains(var.secrets_to_write, "prefect_auth") || can(regex("^[^:]+:.{16,}$", var.prefect_auth))
    error_message = "prefect_auth: user:password with 16 characters or more of password, in TF_VAR_prefect_auth."
  }
}

variable "notify_urls" {
  description = "apprise addresses that the flows notify, separated by commas; they hold tokens."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = !contains(var.secrets_to_write, "notify_urls") || can(regex("^[a-z]+://", var.notify_urls))
    error_message = "notify_urls: apprise addresses such as msteams://… or mailtos://…, in TF_VAR_notify_urls."
  }
}
