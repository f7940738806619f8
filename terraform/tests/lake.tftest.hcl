mock_provider "azurerm" {}

variables {
  name                = "hydrotest"
  resource_group_name = "rg-hydrotheque-test"
  location            = "francecentral"
  tags                = {}
  replication         = "LRS"
  filesystem_names    = ["donnees-meteo", "modeles-machine-learning", "logs"]
  written_containers  = ["donnees-meteo", "logs"]
  meteo_container     = "donnees-meteo"
  meteo_folders       = ["quotidien", "mensuel"]
  create_folders      = false
  cool_after_days     = 90
  subnet_ids          = ["/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/apps"]
  operator_ips        = ["203.0.113.7"]

  trusted_resource_ids          = []
  writer_principal_ids          = { worker = "00000000-0000-0000-0000-00000000000a" }
  reader_principal_ids          = {}
  log_analytics_workspace_id    = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
  public_network_access_enabled = true
}

run "the_lake_is_closed_and_kept" {
  command = plan
  module {
    source = "./modules/lake"
  }

  assert {
    condition     = azurerm_storage_account.this.is_hns_enabled
    error_message = "not a Data Lake Gen2"
  }
  assert {
    condition = (
      azurerm_storage_account.this.network_rules[0].default_action == "Deny" &&
      azurerm_storage_account.this.network_rules[0].ip_rules == toset(["203.0.113.7"]) &&
      length(azurerm_storage_account.this.network_rules[0].virtual_network_subnet_ids) == 1 &&
      length(azurerm_storage_account.this.network_rules[0].private_link_access) == 0
    )
    error_message = "the firewall lets in more than the subnets and addresses named"
  }
  assert {
    condition = (
      azurerm_storage_account.this.shared_access_key_enabled == false &&
      azurerm_storage_account.this.local_user_enabled == false &&
      azurerm_storage_account.this.sftp_enabled == false &&
      azurerm_storage_account.this.cross_tenant_replication_enabled == false &&
      azurerm_storage_account.this.allowed_copy_scope == "AAD"
    )
    error_message = "somebody gets in, or data gets out, without an identity of this tenant"
  }
  assert {
    condition = (
      azurerm_storage_account.this.allow_nested_items_to_be_public == false &&
      alltrue([for container in azurerm_storage_container.this : container.container_access_type == "private"])
    )
    error_message = "a container can be made public"
  }
  assert {
    condition = (
      azurerm_storage_account.this.min_tls_version == "TLS1_2" &&
      azurerm_storage_account.this.https_traffic_only_enabled &&
      azurerm_storage_account.this.infrastructure_encryption_enabled
    )
    error_message = "data travels or lies unprotected"
  }
  assert {
    condition = (
      azurerm_storage_account.this.blob_properties[0].delete_retention_policy[0].days >= 30 &&
      azurerm_storage_account.this.blob_properties[0].container_delete_retention_policy[0].days >= 30
    )
    error_message = "what is deleted cannot be had back"
  }
  assert {
    condition = (
      azurerm_storage_management_policy.this.rule[0].actions[0].base_blob[0].tier_to_cool_after_days_since_modification_greater_than == 90 &&
      azurerm_storage_management_policy.this.rule[0].filters[0].prefix_match == toset(["donnees-meteo/", "modeles-machine-learning/"]) &&
      azurerm_storage_management_policy.this.rule[0].actions[0].base_blob[0].delete_after_days_since_modification_greater_than == null
    )
    error_message = "old files move to the cool tier, logs do not, and nothing is deleted"
  }
  assert {
    condition = toset([for log in azurerm_monitor_diagnostic_setting.this.enabled_log : log.category]) == toset([
      "StorageRead", "StorageWrite", "StorageDelete",
    ])
    error_message = "reads, writes and deletions are not all logged"
  }
  assert {
    condition = (
      toset(keys(azurerm_role_assignment.writer)) == toset(["worker/donnees-meteo", "worker/logs"]) &&
      alltrue([for role in azurerm_role_assignment.writer : role.role_definition_name == "Storage Blob Data Contributor"]) &&
      length(azurerm_role_assignment.reader) == 0
    )
    error_message = "the collection writes its containers, and nobody else anything"
  }
  assert {
    condition     = length(azurerm_storage_data_lake_gen2_path.meteo) == 0
    error_message = "folders are the collection's unless asked for"
  }
}

run "folders_are_made_when_asked_for" {
  command = plan
  module {
    source = "./modules/lake"
  }
  variables {
    create_folders       = true
    trusted_resource_ids = ["/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/accessConnectors/c"]
    reader_principal_ids = { databricks = "00000000-0000-0000-0000-00000000000b" }
  }

  assert {
    condition = (
      toset(keys(azurerm_storage_data_lake_gen2_path.meteo)) == toset(["quotidien", "mensuel"]) &&
      alltrue([for path in azurerm_storage_data_lake_gen2_path.meteo : path.filesystem_name == "donnees-meteo"])
    )
    error_message = "each of folders_names_donnees_meteo, in donnees_meteo_filesystems"
  }
  assert {
    condition     = azurerm_role_assignment.reader["databricks"].role_definition_name == "Storage Blob Data Reader"
    error_message = "Databricks reads"
  }
}
