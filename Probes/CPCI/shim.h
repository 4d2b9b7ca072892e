/*
 * libpci, with what Swift cannot import: variadic functions and a library that ends the process on an error.
 * Delete a wrapper when the library gains a non-variadic form of the call; delete the jump when pci_access.error may return.
 */
#pragma once
#include <pci/pci.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* One scan at a time, on one thread: libpci keeps global state of its own. A variable of the file would not be emitted by
 * Swift's importer; one inside a function is. */
struct gcx_pci_failure {
    jmp_buf escape;
    char message[256];
};

static inline struct gcx_pci_failure *gcx_pci_failure(void) {
    static struct gcx_pci_failure failure;
    return &failure;
}

/* libpci forbids its error handler to return and its own one exits: this one jumps back into the wrapper below. */
__attribute__((noreturn, format(printf, 1, 2))) static inline void gcx_pci_error(char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(gcx_pci_failure()->message, sizeof gcx_pci_failure()->message, format, arguments);
    va_end(arguments);
    longjmp(gcx_pci_failure()->escape, 1);
}

__attribute__((format(printf, 1, 2))) static inline void gcx_pci_silent(char *format, ...) { (void)format; }

static inline const char *gcx_pci_last_error(void) { return gcx_pci_failure()->message; }

/* A handle that reads the sysfs tree under `path` (…/sys/bus/pci); NULL when the library refused. The strings are copied. */
__attribute__((noinline)) static inline struct pci_access *gcx_pci_open(char *path) {
    struct pci_access *access = pci_alloc();
    access->method = PCI_ACCESS_SYS_BUS_PCI;
    access->error = gcx_pci_error;
    access->warning = gcx_pci_silent;
    access->debug = gcx_pci_silent;
    /* No lookup over the network, and no cache file of one in the home folder. */
    access->id_lookup_mode = PCI_LOOKUP_NO_HWDB;
    if (setjmp(gcx_pci_failure()->escape)) return NULL;
    pci_set_param(access, "sysfs.path", path);
    pci_init(access);
    return access;
}

/* 0, or -1 with the reason in gcx_pci_last_error(). */
__attribute__((noinline)) static inline int gcx_pci_scan(struct pci_access *access) {
    if (setjmp(gcx_pci_failure()->escape)) return -1;
    pci_scan_bus(access);
    return 0;
}

/* 0, or -1 with the reason in gcx_pci_last_error(). */
__attribute__((noinline)) static inline int gcx_pci_fill(struct pci_dev *device, int fields) {
    if (setjmp(gcx_pci_failure()->escape)) return -1;
    pci_fill_info(device, fields);
    return 0;
}

/* Names from the id list, NULL where the list does not know the number. */
__attribute__((noinline)) static inline const char *gcx_pci_vendor_name(
    struct pci_access *access, char *buffer, int size, int vendor) {
    if (setjmp(gcx_pci_failure()->escape)) return NULL;
    return pci_lookup_name(access, buffer, size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_NO_NUMBERS, vendor);
}

__attribute__((noinline)) static inline const char *gcx_pci_device_name(
    struct pci_access *access, char *buffer, int size, int vendor, int device) {
    if (setjmp(gcx_pci_failure()->escape)) return NULL;
    return pci_lookup_name(access, buffer, size, PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS, vendor, device);
}

__attribute__((noinline)) static inline const char *gcx_pci_class_name(
    struct pci_access *access, char *buffer, int size, int class_code) {
    if (setjmp(gcx_pci_failure()->escape)) return NULL;
    return pci_lookup_name(access, buffer, size, PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_NUMBERS, class_code);
}
