using Microsoft.OpenApi;

namespace AlexNetService.Api.OpenApi;

/// <summary>The OpenAPI document at /swagger/v1/swagger.json and Swagger UI at /swagger.</summary>
internal static class OpenApiDocument
{
    public static void AddOpenApiDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "AlexNetService",
                Version = "v1",
                Description = "Classifies photographs with one or more AlexNet models behind one POST, "
                    + "and serves tensors in the Open Inference Protocol (KServe v2, Triton) under /v2.",
            });
            options.IncludeXmlComments(typeof(OpenApiDocument).Assembly);
            options.IncludeXmlComments(typeof(InferRequest).Assembly);
            options.SupportNonNullableReferenceTypes();
            options.MapType<JsonSlice>(() => new OpenApiSchema { Type = JsonSchemaType.Array });
            options.AddSecurityDefinition(AccessOperation.Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = KeyGate.Header,
                Description = "A key for this service, if it requires keys. Routes that change what is served require an admin key.",
            });
            options.OperationFilter<RouteOperation>();
            options.OperationFilter<UploadOperation>();
            options.OperationFilter<TensorBodyOperation>();
            options.OperationFilter<AccessOperation>();
        });
    }

    /// <summary>The schema of a file.</summary>
    public static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };

    public static void UseOpenApiDocument(this WebApplication app)
    {
        app.UseSwagger(options => options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1);
        app.UseSwaggerUI(options =>
        {
            options.SwaggerEndpoint("v1/swagger.json", "AlexNetService v1");
            options.DocumentTitle = "AlexNetService";
        });
    }
}
