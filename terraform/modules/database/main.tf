# The warehouse: PostgreSQL in the private network, over TLS, with passwords that only the vault keeps.

resource "azurerm_postgresql_flexible_server" "this" {
  # checkov:skip=CKV_AZURE_136:database_geo_backup chooses; the lake holds everything but the API's users
  # checkov:skip=CKV2_AZURE_57:it has no public address: it stands in a subnet of its own, which excludes a private endpoint
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  version             = var.postgresql_version
  sku_name            = var.sku
  tags                = var.tags

  administrator_login               = var.admin_login
  administrator_password_wo         = var.admin_password
  administrator_password_wo_version = var.admin_password_version

  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = true
    tenant_id                     = var.tenant_id
  }

  public_network_access_enabled = false
  delegated_subnet_id           = var.subnet_id
  private_dns_zone_id           = var.private_dns_zone_id

  storage_mb                   = var.storage_mb
  auto_grow_enabled            = true
  backup_retention_days        = var.backup_days
  geo_redundant_backup_enabled = var.geo_backup

  dynamic "high_availability" {
    for_each = var.high_availability ? [1] : []
    content {
      mode = "ZoneRedundant"
    }
  }

  # Monday at 3: neither the 8th's collection nor the night's purge is likely to meet it.
  maintenance_window {
    day_of_week  = 1
    start_hour   = 3
    start_minute = 0
  }

  lifecycle {
    prevent_destroy = true
    # A failover swaps the zones, and the disk grows by itself.
    ignore_changes = [zone, high_availability[0].standby_availability_zone, storage_mb]
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "this" {
  for_each = {
    require_secure_transport              = "on"
    ssl_min_protocol_version              = "TLSv1.2"
    password_encryption                   = "scram-sha-256"
    "azure.accepted_password_auth_method" = "scram-sha-256"
    log_connections                       = "on"
    log_disconnections                    = "on"
    "connection_throttle.enable"          = "on"
    timezone                              = "UTC"
  }

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.this.id
  value     = each.value
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "this" {
  count = var.entra_administrator == null ? 0 : 1

  server_name         = azurerm_postgresql_flexible_server.this.name
  resource_group_name = var.resource_group_name
  tenant_id           = var.tenant_id
  object_id           = var.entra_administrator.object_id
  principal_name      = var.entra_administrator.principal_name
  principal_type      = var.entra_administrator.principal_type
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "log-analytics"
  target_resource_id         = azurerm_postgresql_flexible_server.this.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  enabled_log {
    category = "PostgreSQLLogs"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}
