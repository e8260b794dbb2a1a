import { en } from "zod/locales";
import * as z from "zod/mini";

// As where functions and commands begin.
z.config(en());
