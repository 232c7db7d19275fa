"""What the tables of the documents say beside what the code says."""

from __future__ import annotations

from gpsproto.category import Category

CATEGORIES = {
    Category.SECRET: "passwords, commands that carry one",
    Category.OPAQUE: "bytes and bit fields whose meaning is not known",
    Category.THIRD_PARTY_ID: "other people's beacons, devices and Wi-Fi networks",
    Category.PERSON_NAME: "names",
    Category.CONTACT: "phone numbers and addresses",
    Category.MESSAGE: "text messages, reminders",
    Category.VOICE: "recordings",
    Category.PHOTO: "pictures",
    Category.NETWORK_ADDR: "IP and MAC addresses",
    Category.ACCOUNT_REF: "customer and account numbers",
    Category.DEVICE_ID: "the IMEI of the login, the id of a watch; serials of modules are dropped",
    Category.SIM_ID: "ICCID; the IMSI is always dropped",
    Category.DRIVER_ID: "iButton; other cards are always dropped",
    Category.VEHICLE_ID: "VIN, number plate",
    Category.HEALTH: "blood alcohol, heart rate",
    Category.LOCATION: "latitude, longitude, altitude, and copies of them",
    Category.NET_LOCATION: "radio cells; the time zone of a watch",
    Category.ZONE: "geofence states",
    Category.ROAMING: "network operator, roaming",
    Category.BEHAVIOUR: "harsh driving, speeding, working time, who may drive, timetables",
    Category.ACTIVITY: "steps, sleep",
    Category.PRIVATE_MODE: "the private-trip switch itself",
    Category.ALARM: "crash, towing, unplug, jamming; the priority",
    Category.MOTION: "speed, course, movement, acceleration",
    Category.COUNTER: "odometers, engine hours, fuel used in all",
    Category.TRAFFIC: "data volumes",
    Category.PRODUCT: "what model it is",
    Category.VEHICLE_TECH: "engine, fuel level, temperatures, OBD values",
    Category.STATUS: "ignition, inputs, voltages, signal, satellites",
    Category.TIME: "the time of the record",
}

COLUMNS = {
    "subject": ("", "keyed pseudonym of the IMEI, or of a watch's id; `unknown_<n>` where the dump"
                " holds no login", "the policy drops `device_id`; a scope by period, and the record is"
                " of no time"),
    "protocol": ("", "`teltonika` or `watch`", "never"),
    "message": ("", "`avl`; of Codec 12 to 15 `answer`, `refusal`; of a watch `position`, `alarm`,"
                " `link`, `health` ...", "never"),
    "time": ("UTC", "timestamp of the record, whole milliseconds; rounded down where the policy says"
             " so, as `received_at` is",
             "`time` is dropped; it is no time, or behind the year 9999; links and health of a watch"
             " have none"),
    "received_at": ("UTC", "when it came, live; no dump format that is read carries it",
                    "a dump; `time` is dropped"),
    "fix": ("", "satellites > 0; of a watch validity `A`",
            "private mode; no position in the message; `location` is dropped"),
    "location_source": ("", "`gnss`, or `last_known`", "as `latitude`"),
    "accuracy_m": ("m", "of a watch's position, where it says so",
                   "Teltonika; `status` is dropped"),
    "latitude": ("degrees, WGS 84", "integer of 1e-7 degrees, divided; of a watch decimal degrees,"
                 " rounded to that; the middle of a cell where the policy has a grid",
                 "no fix (unless `last_known = true` and the place is not 0/0);"
                 " private mode; out of range; `location` is dropped"),
    "longitude": ("degrees, WGS 84", "the same", "the same"),
    "altitude_m": ("m", "as sent, signed; of a watch rounded",
                   "the same; -32768, or not sent; of a watch without fix; the policy has a grid"),
    "speed_kmh": ("km/h", "as sent",
                  "no fix; private mode; 65535, or not sent; `motion` is dropped"),
    "course_deg": ("degrees, 0 = north, clockwise", "angle", "as `speed_kmh`; over 360"),
    "satellites": ("", "as sent; 3 where a place came without them",
                   "no position in the message; `status` is dropped"),
    "priority": ("", "`low`, `high`, `panic`, `security`",
                 "over 3; no position in the message; an SMS of 24 positions; a watch;"
                 " `alarm` is dropped"),
    "event": ("", "catalog name of the element that made the record; of a watch the word of the"
              " message, its suffix taken off",
              "periodic record; the element's strictest category is not kept; private mode, where"
              " the category is one that it clears; a word that tells what is not kept"),
    "generation_type": ("", "Codec 16, 0 to 7",
                        "other codecs; `status` is dropped"),
    "alarms": ("", "list of names: the elements of category `alarm` that are not 0; of a watch the"
               " bits of its status word", "the record holds no such element, or no status word"),
    "states": ("", "list of names: the bits of a watch's status word that are no alarm",
               "Teltonika; the message has no status word"),
    "attributes": ("in each name", "map of name to number: what has no column",
                   "the record holds none"),
    "pseudonyms": ("", "map of kind to pseudonym: `sim_id`, `driver_id`, `account_ref`",
                   "the policy pseudonymises no such kind; the record holds none whole"),
    "cells": ("", "list of mobile network cells of a watch: `mcc`, `mnc` (text), `lac`, `cid`",
              "the message names none; `net_location` is dropped, as `tracking` does"),
    "clock_suspect": ("", "time before 2010 (a watch: 2012), none that can be, or over a day ahead"
                      " of `received_at`",
                      "`time` is dropped; neither a position nor a time in the message"),
    "retention_class": ("", "the kept category that expires first", "the policy keeps nothing"),
    "expires_on": ("day, UTC", "first day on which the period of a kept category ends, counted from"
                   " `time` or, where it came before or has no time, `received_at`",
                   "neither time is known, or the policy keeps nothing"),
}  # fmt: skip
