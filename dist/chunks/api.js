import { n as createApi, t as ApiError } from "./api2.js";

export { createApi };