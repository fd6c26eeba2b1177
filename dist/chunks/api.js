import { a as isTransient, i as getErrorStatus, n as createApi, o as limitCallTime, r as describeApiError, s as retryTransient, t as ApiError } from "./api2.js";

export { createApi };