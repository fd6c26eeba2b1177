import { n as createApi, t as ApiError } from "./api.js";

export { createApi };