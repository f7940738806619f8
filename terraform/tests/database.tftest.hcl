mock_provider "azurerm" {}

variables {
  name                   = "hydrotest-pg"
  resource_group_name    = "rg-hydrotheque-test"
  location               = "francecentral"
  tags                   = {}
  tenant_id              = "00000000-0000-0000-0000-000000000001"
  postgresql_version     = "17"
  sku                    = "B_Standard_B1ms"
  storage_mb             = 32768
  backup_days            = 14
  geo_backup             = false
  high_availability      = false
  admin_login            = "hydroadmin"
  admin_password         = "not-a-secret-only-a-test-1"
  admin_password_version = 1
  entra_administrator    = null

  subnet_id                  = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/database"
  private_dns_zone_id        = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateDnsZones/z.postgres.database.azure.com"
  log_analytics_workspace_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
}

run "the_database_is_private_encrypted_and_backed_up" {
  command = plan
  module {
    source = "./modules/database"
  }

  assert {
    condition = (
      azurerm_postgresql_flexible_server.this.public_network_access_enabled == false &&
      azurerm_postgresql_flexible_server.this.delegated_subnet_id == var.subnet_id &&
      azurerm_postgresql_flexible_server.this.private_dns_zone_id == var.private_dns_zone_id
    )
    error_message = "the server has an address outside the private network"
  }
  assert {
    condition = (
      azurerm_postgresql_flexible_server_configuration.this["require_secure_transport"].value == "on" &&
      azurerm_postgresql_flexible_server_configuration.this["ssl_min_protocol_version"].value == "TLSv1.2" &&
      azurerm_postgresql_flexible_server_configuration.this["password_encryption"].value == "scram-sha-256" &&
      azurerm_postgresql_flexible_server_configuration.this["azure.accepted_password_auth_method"].value == "scram-sha-256"
    )
    error_message = "a connection without TLS, or a password as md5, is accepted"
  }
  assert {
    condition = (
      azurerm_postgresql_flexible_server.this.administrator_password == null &&
      azurerm_postgresql_flexible_server.this.administrator_password_wo_version == 1
    )
    error_message = "the administrator's password is in the state"
  }
  assert {
    condition = (
      azurerm_postgresql_flexible_server.this.authentication[0].active_directory_auth_enabled &&
      azurerm_postgresql_flexible_server.this.authentication[0].password_auth_enabled
    )
    error_message = "Entra and password roles are both wanted"
  }
  assert {
    condition     = azurerm_postgresql_flexible_server.this.backup_retention_days == 14 && azurerm_postgresql_flexible_server.this.auto_grow_enabled
    error_message = "no backup, or a disk that fills up"
  }
  assert {
    condition     = [for log in azurerm_monitor_diagnostic_setting.this.enabled_log : log.category] == ["PostgreSQLLogs"]
    error_message = "the server's log goes nowhere"
  }
  assert {
    condition     = length(azurerm_postgresql_flexible_server.this.high_availability) == 0
    error_message = "a standby is paid without having been asked for"
  }
}
