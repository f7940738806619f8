# The platform. Each module says at its head what it is; here they are told of each other.

data "azurerm_client_config" "current" {}

locals {
  name = "hydrotheque-${var.environment}"
  tags = { project = "hydrotheque", environment = var.environment, managed_by = "terraform" }

  operator_ips = [for ip in var.operator_ips : trimsuffix(ip, "/32")]
  # Lake and vault: with private endpoints nothing but the operators' addresses is left to let in.
  data_plane_open = !var.private_endpoints || length(var.operator_ips) > 0
  data_subnets    = var.private_endpoints ? [] : [module.network.apps_subnet_id]
}

resource "azurerm_resource_group" "this" {
  name     = var.resource_group_name
  location = var.resource_group_location
  tags     = local.tags

  lifecycle {
    prevent_destroy = true
  }
}

module "network" {
  source = "./modules/network"

  name                = local.name
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
  https_cidrs = distinct(concat(
    var.api_allowed_cidrs,
    var.prefect_server ? [for ip in local.operator_ips : strcontains(ip, "/") ? ip : "${ip}/32"] : [],
  ))
  private_endpoints = var.private_endpoints
}

module "monitoring" {
  source = "./modules/monitoring"

  name                = local.name
  environment         = var.environment
  resource_group_name = azurerm_resource_group.this.name
  resource_group_id   = azurerm_resource_group.this.id
  location            = azurerm_resource_group.this.location
  tags                = local.tags
  daily_cap_gb        = var.log_daily_cap_gb
  retention_days      = var.log_retention_days
  users_notification  = var.users_notification
  monthly_budget      = var.monthly_budget
  api_principal_id    = module.security.identities["api"].principal_id
  api_runs            = var.image_tag != "" && var.api_enabled
  api_id              = module.apps.api_id
  database_id         = module.database.id
}

module "security" {
  source = "./modules/security"

  name                          = local.name
  vault_name                    = "${var.data_lake_name}-kv"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = azurerm_resource_group.this.location
  tags                          = local.tags
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  operator_object_id            = data.azurerm_client_config.current.object_id
  public_network_access_enabled = local.data_plane_open
  subnet_ids                    = local.data_subnets
  operator_ips                  = local.operator_ips
  secrets_to_write              = var.secrets_to_write
  secret_versions               = var.secret_versions
  city_db                       = var.city_db_host != ""
  notify                        = var.notify
  prefect                       = var.prefect_server
  log_analytics_workspace_id    = module.monitoring.workspace_id

  secrets = {
    admin_password       = var.admin_password
    owner_password       = var.owner_password
    api_service_password = var.api_service_password
    readonly_password    = var.readonly_password
    secret_key           = var.secret_key
    notify_urls          = var.notify_urls
    prefect_auth         = var.prefect_auth
    # The collection takes an address: the password travels in it.
    city_db_pwd = var.city_db_pwd == null ? null : join("", [
      "postgresql://${urlencode(var.city_db_user)}:${urlencode(var.city_db_pwd)}",
      "@${var.city_db_host}:${var.city_db_port}/${urlencode(var.city_db_name)}?sslmode=require",
    ])
  }
}

module "lake" {
  source = "./modules/lake"

  name                          = var.data_lake_name
  resource_group_name           = azurerm_resource_group.this.name
  location                      = azurerm_resource_group.this.location
  tags                          = local.tags
  replication                   = var.lake_replication
  filesystem_names              = var.filesystem_names
  written_containers            = setsubtract(var.filesystem_names, ["modeles-machine-learning"])
  meteo_container               = var.donnees_meteo_filesystems
  meteo_folders                 = var.folders_names_donnees_meteo
  create_folders                = var.create_lake_folders
  cool_after_days               = var.lake_cool_after_days
  public_network_access_enabled = local.data_plane_open || var.databricks
  subnet_ids                    = local.data_subnets
  operator_ips                  = local.operator_ips
  trusted_resource_ids          = module.databricks[*].connector_id
  writer_principal_ids          = { for name in local.collectors : name => module.security.identities[name].principal_id }
  reader_principal_ids          = { for number, databricks in module.databricks : "databricks" => databricks.principal_id }
  log_analytics_workspace_id    = module.monitoring.workspace_id
}

module "database" {
  source = "./modules/database"

  name                = "${var.data_lake_name}-pg"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
  tenant_id           = data.azurerm_client_config.current.tenant_id
  postgresql_version  = var.database_version
  sku                 = var.database_sku
  storage_mb          = var.database_storage_mb
  backup_days         = var.database_backup_days
  geo_backup          = var.database_geo_backup
  high_availability   = var.database_high_availability
  admin_login         = var.admin_login
  # Sent when its version changes; security refuses a version that the vault does not hold.
  admin_password             = contains(var.secrets_to_write, "admin_password") ? var.admin_password : "Unchanged-0-and-never-sent"
  admin_password_version     = lookup(var.secret_versions, "admin_password", 1)
  entra_administrator        = var.entra_administrator
  subnet_id                  = module.network.database_subnet_id
  private_dns_zone_id        = module.network.dns_zone_ids["database"]
  log_analytics_workspace_id = module.monitoring.workspace_id
}

module "apps" {
  source = "./modules/apps"

  name                       = local.name
  registry_name              = "${var.data_lake_name}acr"
  resource_group_name        = azurerm_resource_group.this.name
  location                   = azurerm_resource_group.this.location
  tags                       = local.tags
  subnet_id                  = module.network.apps_subnet_id
  subnet_prefix              = module.network.apps_prefix
  zone_redundancy            = var.environment == "prod"
  identities                 = module.security.identities
  vault_uri                  = module.security.vault_uri
  secret_names               = module.security.secret_names
  lake_name                  = module.lake.name
  database_host              = module.database.host
  admin_login                = var.admin_login
  readonly_username          = var.readonly_username
  city_db                    = var.city_db_host != ""
  notify                     = var.notify
  image_tag                  = var.image_tag
  settings                   = var.settings
  algorithm                  = var.algorithm
  api_enabled                = var.api_enabled
  api_allowed_cidrs          = var.api_allowed_cidrs
  api_min_replicas           = var.api_min_replicas
  api_max_replicas           = var.api_max_replicas
  prefect_server             = var.prefect_server
  operator_ips               = local.operator_ips
  insights_connection_string = module.monitoring.insights_connection_string
  log_analytics_workspace_id = module.monitoring.workspace_id
}

module "databricks" {
  source = "./modules/databricks"
  count  = var.databricks ? 1 : 0

  name                       = local.name
  resource_group_name        = azurerm_resource_group.this.name
  location                   = azurerm_resource_group.this.location
  tags                       = local.tags
  log_analytics_workspace_id = module.monitoring.workspace_id
}

locals {
  # Who collects: the jobs, and the Prefect server's process in their place.
  collectors = concat(["worker"], var.prefect_server ? ["prefect"] : [])
  private_endpoints = var.private_endpoints ? {
    lake  = { id = module.lake.id, subresource = "blob" }
    vault = { id = module.security.vault_id, subresource = "vault" }
  } : {}
}

resource "azurerm_private_endpoint" "this" {
  for_each = local.private_endpoints

  name                = "${local.name}-${each.key}-endpoint"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  subnet_id           = module.network.endpoints_subnet_id
  tags                = local.tags

  private_service_connection {
    name                           = each.key
    private_connection_resource_id = each.value.id
    subresource_names              = [each.value.subresource]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = each.key
    private_dns_zone_ids = [module.network.dns_zone_ids[each.key]]
  }
}
