mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      object_id = "00000000-0000-0000-0000-000000000002"
    }
  }
}

variables {
  state_account_name = "hydroteststate"
  operator_ips       = ["203.0.113.7", "198.51.100.0/28", "192.0.2.1/32"]
}

run "the_state_is_closed_and_kept" {
  command = plan

  assert {
    condition = (
      azurerm_storage_account.this.network_rules[0].default_action == "Deny" &&
      azurerm_storage_account.this.shared_access_key_enabled == false &&
      azurerm_storage_account.this.allow_nested_items_to_be_public == false &&
      azurerm_storage_account.this.min_tls_version == "TLS1_2" &&
      azurerm_storage_container.state.container_access_type == "private"
    )
    error_message = "the state's account lets in more than identities at the operators' addresses"
  }
  assert {
    condition     = azurerm_storage_account.this.network_rules[0].ip_rules == toset(["203.0.113.7", "198.51.100.0/28", "192.0.2.1"])
    error_message = "storage refuses a single address with its prefix /32"
  }
  assert {
    condition = (
      azurerm_storage_account.this.blob_properties[0].versioning_enabled &&
      azurerm_storage_account.this.blob_properties[0].delete_retention_policy[0].days == 90 &&
      azurerm_storage_account.this.account_replication_type == "GRS"
    )
    error_message = "an older state, or a deleted one, cannot be had back"
  }
  assert {
    condition = toset([for log in azurerm_monitor_diagnostic_setting.this.enabled_log : log.category]) == toset([
      "StorageRead", "StorageWrite", "StorageDelete",
    ])
    error_message = "who reads or writes the state is not logged"
  }
}

run "an_address_range_of_the_world_is_refused" {
  command = plan
  variables {
    operator_ips = ["0.0.0.0/0"]
  }
  expect_failures = [var.operator_ips]
}

run "no_address_is_refused" {
  command = plan
  variables {
    operator_ips = []
  }
  expect_failures = [var.operator_ips]
}

run "names_and_places_that_make_no_sense_are_refused" {
  command = plan
  variables {
    resource_group_name     = "ends with a dot."
    resource_group_location = "eastus"
    state_account_name      = "Hydro-State"
    operator_object_ids     = ["ada"]
  }
  expect_failures = [
    var.resource_group_name, var.resource_group_location, var.state_account_name, var.operator_object_ids,
  ]
}
