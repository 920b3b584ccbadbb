/**
 * The objects of OpenAPI 3.1, as far as the document has them: https://spec.openapis.org/oas/v3.1.1
 *
 * @module
 */

/** A body of one media type; without a schema it is bytes. */
export interface MediaTypeObject {
  /** What it may be. */
  schema?: object;
}

/** A header of an answer. */
export interface HeaderObject {
  /** What it means. */
  description: string;
  /** What it may be. */
  schema: object;
  /** Whether it is always there. */
  required: boolean;
}

/** An answer of one status. */
export interface ResponseObject {
  /** When it is given. */
  description: string;
  /** What clients may rely on, by name. */
  headers: Record<string, HeaderObject>;
  /** Bodies by media type. */
  content?: Record<string, MediaTypeObject>;
}

/** What stands in the path, the query or a header. */
export interface ParameterObject {
  /** Its name. */
  name: string;
  /** Where it stands. */
  in: "path" | "query" | "header";
  /** Whether it must be there. */
  required: boolean;
  /** What it is. */
  description?: string;
  /** What it may be. */
  schema: object;
}

/** What a method does at a path. */
export interface OperationObject {
  /** The group it is shown in. */
  tags: string[];
  /** Its name for programs. */
  operationId: string;
  /** What it is for. */
  summary: string;
  /** More about it. */
  description?: string;
  /** What stands in the path, the query and the headers. */
  parameters?: ParameterObject[];
  /** What it takes as a body. */
  requestBody?: {
    description: string;
    required: boolean;
    content: Record<string, MediaTypeObject>;
  };
  /** Which credentials it takes, any of them. */
  security?: Record<string, string[]>[];
  /** Its answers by status. */
  responses: Record<string, ResponseObject>;
}

/** The document. */
export interface OpenApiDocument {
  /** The version of the specification. */
  openapi: string;
  /** What it is about. */
  info: { title: string; version: string; description: string };
  /** Where the API is. */
  servers?: { url: string }[];
  /** The groups of operations. */
  tags: { name: string; description: string }[];
  /** The operations by path and method. */
  paths: Record<string, Record<string, OperationObject>>;
  /** What is referred to. */
  components: {
    schemas: Record<string, object>;
    responses: Record<string, ResponseObject>;
    securitySchemes: Record<string, object>;
  };
}
