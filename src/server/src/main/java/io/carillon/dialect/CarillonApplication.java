package io.carillon.dialect;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** All resources and providers of the WAR, found by their annotations. It has the root, so that every path is answered in JSON. */
@ApplicationPath("/")
public class CarillonApplication extends Application {}
