using AlexNetService.Api.OpenInference;
using AlexNetService.Api.Security;
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
                Description = "Photographs in, classes out: one or more AlexNet models behind one POST, "
                    + "and tensors in the Open Inference Protocol (KServe v2, Triton) under /v2.",
            });
            options.IncludeXmlComments(typeof(OpenApiDocument).Assembly);
            options.SupportNonNullableReferenceTypes();
            options.MapType<JsonSlice>(() => new OpenApiSchema { Type = JsonSchemaType.Array });
            options.AddSecurityDefinition(AccessOperation.Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = KeyGate.Header,
                Description = "A key of this service, where it has keys; routes that change what is served need an admin key.",
            });
            options.OperationFilter<ModelAddressOperation>();
            options.OperationFilter<PictureBodyOperation>();
            options.OperationFilter<OfferedTypesOperation>();
            options.OperationFilter<TensorBodyOperation>();
            options.OperationFilter<AccessOperation>();
            options.OperationFilter<RetryAfterOperation>();
        });
    }

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
