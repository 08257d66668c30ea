using System.Net;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.Pages;

public sealed class SwaggerTests(SharedService service)
{
    [Fact]
    public async Task Document_EveryRoute_IsListedWithItsStatuses()
    {
        var document = await Document();

        var routes = Object(document, "paths").SelectMany(path => Object(path.Value).Select(operation => (
            Route: $"{operation.Key.ToUpperInvariant()} {path.Key}",
            Statuses: string.Join(' ', Object(Object(operation.Value), "responses").Select(response => response.Key).Order()))));
        Assert.Equal(
            [
                ("GET /health/live", "200"),
                ("GET /health/ready", "200 503"),
                ("GET /v1/models", "200 406 500 503"),
                ("GET /v1/models/{name}", "200 404 406 500 503"),
                ("GET /v1/models/{name}/filters.png", "200 404 406 500 503"),
                ("POST /v1/classify", "200 400 404 406 413 415 422 500 503"),
                ("POST /v1/classify/batch", "200 400 404 406 413 415 500 503"),
                ("POST /v1/features", "200 400 404 406 413 415 422 500 503"),
            ],
            routes.OrderBy(route => route.Route, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_Classify_TakesAFileOfEachTypeAndTypedParameters()
    {
        var classify = Object(Object(Object(await Document(), "paths"), "/v1/classify"), "post");

        var content = Object(Object(classify, "requestBody"), "content");
        var field = Object(Object(Object(Object(content, "multipart/form-data"), "schema"), "properties"), "image");
        Assert.Equal("binary", field["format"]?.GetValue<string>());
        Assert.All(
            ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "application/octet-stream"],
            type => Assert.Equal("binary", Object(Object(content, type), "schema")["format"]?.GetValue<string>()));
        var parameters = classify["parameters"]?.AsArray().Select(Object).ToDictionary(
            parameter => parameter["name"]?.GetValue<string>() ?? "", parameter => Object(parameter, "schema")["type"]?.GetValue<string>());
        Assert.Equivalent(
            new Dictionary<string, string> { ["top"] = "integer", ["crops"] = "integer", ["models"] = "string", ["detail"] = "boolean" },
            parameters,
            strict: true);
    }

    [Fact]
    public async Task Document_EveryReference_Resolves()
    {
        var document = await Document();
        var schemas = Object(Object(document, "components"), "schemas");

        var references = document.ToJsonString().Split("#/components/schemas/").Skip(1).Select(rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)]);

        Assert.All(references.Distinct(), reference => Assert.True(schemas.ContainsKey(reference), reference));
    }

    [Fact]
    public async Task Ui_Swagger_IsServed()
    {
        using var response = await service.Client.GetAsync("/swagger", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    private async Task<JsonObject> Document()
    {
        using var response = await service.Client.GetAsync("/swagger/v1/swagger.json", TestContext.Current.CancellationToken);
        return Object(await response.JsonAsync());
    }

    private static JsonObject Object(JsonNode? node) => node?.AsObject() ?? throw new InvalidOperationException("There is no object.");

    private static JsonObject Object(JsonObject node, string name) =>
        node[name]?.AsObject() ?? throw new InvalidOperationException($"There is no {name}.");
}
