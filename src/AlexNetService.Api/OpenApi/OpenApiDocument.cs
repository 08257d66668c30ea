using System.Text;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace AlexNetService.Api.OpenApi;

/// <summary>The OpenAPI document at /swagger/v1/swagger.json and Swagger UI at /swagger.</summary>
internal static class OpenApiDocument
{
    private const string DocumentPath = "/swagger/v1/swagger.json";

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
                    + "and serves tensors in the Open Inference Protocol (KServe v2, Triton) under /v2. "
                    + $"Every answer has the header {RequestId.Header}, which identifies the request in the service's log.",
            });

            // Relative to the document, so that it holds behind a proxy with a path of its own.
            options.AddServer(new OpenApiServer { Url = "../..", Description = "The service that this document comes from." });
            options.IncludeXmlComments(typeof(OpenApiDocument).Assembly);
            options.IncludeXmlComments(typeof(InferRequest).Assembly);
            options.SupportNonNullableReferenceTypes();
            options.MapType<JsonSlice>(() => new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema() });
            options.AddSecurityDefinition(AccessOperation.HeaderScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = KeyGate.Header,
                Description = "A key for this service, if it requires keys. Routes that change what is served require an admin key.",
            });
            options.AddSecurityDefinition(AccessOperation.BearerScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The same key, in Authorization.",
            });
            options.SchemaFilter<RequiredProperties>();
            options.OperationFilter<RouteOperation>();
            options.OperationFilter<UploadOperation>();
            options.OperationFilter<TensorBodyOperation>();
            options.OperationFilter<AccessOperation>();
        });
    }

    /// <summary>The schema of a file.</summary>
    public static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };

    /// <summary>The document is made once: it is the same for everybody, and everybody may ask for it, without a key and a limit.</summary>
    public static void UseOpenApiDocument(this WebApplication app)
    {
        var document = new Lazy<Task<byte[]>>(() => MakeAsync(app.Services));
        app.MapWhen(
            context => HttpMethods.IsGet(context.Request.Method) && context.Request.Path == DocumentPath,
            branch => branch.Run(async context =>
            {
                var bytes = await document.Value;
                context.Response.ContentType = "application/json;charset=utf-8";
                await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            }));
        app.UseSwaggerUI(options =>
        {
            options.SwaggerEndpoint("v1/swagger.json", "AlexNetService v1");
            options.DocumentTitle = "AlexNetService";
        });
    }

    private static async Task<byte[]> MakeAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredService<IAsyncSwaggerProvider>().GetSwaggerAsync("v1");
        await using var text = new StringWriter(CultureInfo.InvariantCulture);
        document.SerializeAsV31(new OpenApiJsonWriter(text));
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
