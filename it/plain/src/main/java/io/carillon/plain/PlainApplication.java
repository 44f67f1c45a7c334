package io.carillon.plain;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** Has all resources there are. */
@ApplicationPath("")
public class PlainApplication extends Application {}
