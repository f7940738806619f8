# Where it is

variable "resource_group_name" {
  description = "Resource group that holds the platform."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$", var.resource_group_name))
    error_message = "resource_group_name: 1 to 90 letters, digits, _ ( ) . or -, and no dot at the end."
  }
}

variable "resource_group_location" {
  description = "Azure region. Personal data is kept, so it lies in the European Union."
  type        = string
  default     = "francecentral"

  validation {
    condition = contains([
      "francecentral", "francesouth", "westeurope", "northeurope", "germanywestcentral", "swedencentral",
      "italynorth", "spaincentral", "polandcentral", "austriaeast", "belgiumcentral",
    ], var.resource_group_location)
    error_message = "resource_group_location: a region of the European Union, such as francecentral or westeurope."
  }
}

variable "environment" {
  description = "What the deployment is for: part of every name, and of every tag."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "environment: dev or prod."
  }
}

# The lake

variable "data_lake_name" {
  description = "Storage account of the lake, unique in the world; the names of database, vault and registry derive from it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,19}$", var.data_lake_name))
    error_message = "data_lake_name: 3 to 20 lower-case letters and digits, a letter first."
  }
}

variable "filesystem_names" {
  description = "Containers of the lake."
  type        = list(string)
  default = [
    "donnees-meteo", "donnees-piezometre", "donnees-capteurs", "donnees-qualite-eau", "donnees-ville",
    "modeles-machine-learning", "logs",
  ]

  validation {
    condition = alltrue([
      for name in var.filesystem_names : can(regex("^[a-z0-9](-?[a-z0-9]){2,62}$", name))
    ]) && length(distinct(var.filesystem_names)) == length(var.filesystem_names)
    error_message = "filesystem_names: each once, 3 to 63 lower-case letters, digits and single hyphens."
  }
  validation {
    condition = length(setsubtract([
      "donnees-meteo", "donnees-piezometre", "donnees-capteurs", "donnees-qualite-eau", "donnees-ville", "logs",
    ], var.filesystem_names)) == 0
    error_message = "filesystem_names: the collection writes in donnees-meteo, donnees-piezometre, donnees-capteurs, donnees-qualite-eau, donnees-ville and logs; name all six."
  }
}

variable "donnees_meteo_filesystems" {
  description = "Container of the weather data, in which folders_names_donnees_meteo are."
  type        = string
  default     = "donnees-meteo"

  validation {
    condition     = contains(var.filesystem_names, var.donnees_meteo_filesystems)
    error_message = "donnees_meteo_filesystems: one of filesystem_names."
  }
}

variable "folders_names_donnees_meteo" {
  description = "Folders of the weather container. The collection makes those it needs; create_lake_folders makes them all."
  type        = list(string)
  default     = ["quotidien", "mensuel", "maille_geographique"]

  validation {
    condition     = alltrue([for name in var.folders_names_donnees_meteo : can(regex("^[a-z0-9][a-z0-9_-]{0,62}$", name))])
    error_message = "folders_names_donnees_meteo: lower-case letters, digits, _ and -, without a slash."
  }
}

variable "create_lake_folders" {
  description = "Make the folders of the weather container from Terraform. Needs an address in operator_ips and a blob data role."
  type        = bool
  default     = false
}

variable "lake_replication" {
  description = "Copies of the lake: LRS in one data centre, ZRS in three, GZRS in another region too."
  type        = string
  default     = "LRS"

  validation {
    condition     = contains(["LRS", "ZRS", "GRS", "GZRS"], var.lake_replication)
    error_message = "lake_replication: LRS, ZRS, GRS or GZRS."
  }
}

variable "lake_cool_after_days" {
  description = "Days without a change after which a file moves to the cool tier."
  type        = number
  default     = 90

  validation {
    condition     = var.lake_cool_after_days >= 30 && floor(var.lake_cool_after_days) == var.lake_cool_after_days
    error_message = "lake_cool_after_days: a whole number of days, 30 or more (a file read again sooner costs more in the cool tier)."
  }
}

# Who may reach what

variable "operator_ips" {
  description = "Public IPv4 addresses that may reach the data planes of lake, vault and Prefect: yours, and the runner's."
  type        = list(string)
  default     = []

  validation {
    condition = alltrue([
      for ip in var.operator_ips : can(cidrhost(strcontains(ip, "/") ? ip : "${ip}/32", 0)) && !strcontains(ip, ":")
    ])
    error_message = "operator_ips: IPv4 addresses or ranges, such as 203.0.113.7 or 203.0.113.0/28."
  }
  validation {
    condition     = alltrue([for ip in var.operator_ips : contains([24, 25, 26, 27, 28, 29, 30, 32], try(tonumber(split("/", ip)[1]), 32))])
    error_message = "operator_ips: ranges of 256 addresses at most (/24 to /30, which is what storage takes): nothing is opened to the world."
  }
}

variable "api_allowed_cidrs" {
  description = "Who may call the API, over HTTPS. Empty: nobody from outside; [\"0.0.0.0/0\"]: everybody, as for a public API."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.api_allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "api_allowed_cidrs: IPv4 ranges, such as 203.0.113.0/24."
  }
}

variable "entra_administrator" {
  description = "Entra user or group that administers the database without a password; null: none."
  type = object({
    object_id      = string
    principal_name = string
    principal_type = string
  })
  default = null

  validation {
    condition = var.entra_administrator == null || (
      contains(["User", "Group", "ServicePrincipal"], try(var.entra_administrator.principal_type, "")) &&
      can(regex("^[0-9a-fA-F-]{36}$", try(var.entra_administrator.object_id, "")))
    )
    error_message = "entra_administrator: object_id is a GUID, principal_type is User, Group or ServicePrincipal."
  }
}

variable "users_notification" {
  description = "E-mail addresses that alerts and the budget write to."
  type        = list(string)

  validation {
    condition     = length(var.users_notification) > 0
    error_message = "users_notification: one e-mail address at least; an alert that nobody reads is none."
  }
  validation {
    condition     = alltrue([for mail in var.users_notification : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", mail))])
    error_message = "users_notification: e-mail addresses, such as ada@example.org."
  }
}

# The database

variable "admin_login" {
  description = "Administrator of the PostgreSQL server. Nothing runs as it but the job that creates the owner role."
  type        = string

  validation {
    condition     = can(regex("^[a-z_][a-z0-9_]{0,62}$", var.admin_login)) && !startswith(var.admin_login, "pg_")
    error_message = "admin_login: 1 to 63 lower-case letters, digits and _, not a digit first, not pg_ first."
  }
  validation {
    condition = !contains([
      "azure_superuser", "azure_pg_admin", "admin", "administrator", "root", "guest", "public", "postgres",
      "hydrotheque", "api_service", "analyste",
    ], var.admin_login)
    error_message = "admin_login: a name that neither Azure nor Hydrothèque uses itself."
  }
}

variable "readonly_username" {
  description = "Login of the analysts, who read marts and snapshots."
  type        = string
  default     = "analyste"

  validation {
    condition     = can(regex("^[a-z_][a-z0-9_]{0,62}$", var.readonly_username)) && !startswith(var.readonly_username, "pg_")
    error_message = "readonly_username: 1 to 63 lower-case letters, digits and _, not a digit first, not pg_ first."
  }
  validation {
    condition     = !contains(["hydrotheque", "api_service", var.admin_login], var.readonly_username)
    error_message = "readonly_username: another name than those of the owner, the API and the administrator."
  }
}

variable "database_version" {
  description = "Major version of PostgreSQL; 15 or later, for MERGE."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["15", "16", "17", "18"], var.database_version)
    error_message = "database_version: 15, 16, 17 or 18."
  }
}

variable "database_sku" {
  description = "Size of the server: B_ burstable (cheap), GP_ general purpose, MO_ memory optimised."
  type        = string
  default     = "B_Standard_B1ms"

  validation {
    condition     = can(regex("^(B|GP|MO)_Standard_[A-Za-z0-9_]+$", var.database_sku))
    error_message = "database_sku: a size such as B_Standard_B1ms or GP_Standard_D2ds_v5."
  }
}

variable "database_storage_mb" {
  description = "Disk of the server in MB; it grows by itself and never shrinks."
  type        = number
  default     = 32768

  validation {
    condition     = contains([32768, 65536, 131072, 262144, 524288, 1048576, 2097152], var.database_storage_mb)
    error_message = "database_storage_mb: 32768, 65536, 131072, 262144, 524288, 1048576 or 2097152."
  }
}

variable "database_backup_days" {
  description = "Days for which the server can be restored to any second."
  type        = number
  default     = 14

  validation {
    condition     = var.database_backup_days >= 7 && var.database_backup_days <= 35
    error_message = "database_backup_days: 7 to 35."
  }
}

variable "database_geo_backup" {
  description = "Keep the backups in another region too. Fixed when the server is created."
  type        = bool
  default     = false
}

variable "database_high_availability" {
  description = "A standby in another zone: doubles the price of the server."
  type        = bool
  default     = false

  validation {
    condition     = !(var.database_high_availability && startswith(var.database_sku, "B_"))
    error_message = "database_high_availability: a burstable server (database_sku B_…) has no standby; take GP_ or MO_."
  }
}

variable "city_db_host" {
  description = "PostgreSQL server of an operator's table communes_france_2025; empty: the list of data.gouv.fr."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([A-Za-z0-9][A-Za-z0-9.-]*)?$", var.city_db_host))
    error_message = "city_db_host: a host name or address, without a port or a user."
  }
}

variable "city_db_port" {
  description = "Port of city_db_host."
  type        = number
  default     = 5432

  validation {
    condition     = var.city_db_port >= 1 && var.city_db_port <= 65535
    error_message = "city_db_port: 1 to 65535."
  }
}

variable "city_db_name" {
  description = "Database on city_db_host."
  type        = string
  default     = ""

  validation {
    condition     = (var.city_db_host == "") == (var.city_db_name == "")
    error_message = "city_db_name: given with city_db_host, and only then."
  }
}

variable "city_db_user" {
  description = "User on city_db_host; it needs SELECT on the table."
  type        = string
  default     = ""

  validation {
    condition     = (var.city_db_host == "") == (var.city_db_user == "")
    error_message = "city_db_user: given with city_db_host, and only then."
  }
}
