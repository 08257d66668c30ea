using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Routes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace AlexNetService.Api.FunctionalTests.Pages;

public sealed class SwaggerTests(SharedService service)
{
    /// <summary>If set to 1, the test first writes the document to the reviewed file.</summary>
    private const string Refresh = "REFRESH_OPENAPI";

    [Fact]
    public async Task Document_OfTheService_IsTheReviewedOne()
    {
        var document = (await Document()).ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n";
        if (Environment.GetEnvironmentVariable(Refresh) == "1")
        {
            await File.WriteAllTextAsync(Golden(), document, TestContext.Current.CancellationToken);
        }

        var golden = await File.ReadAllTextAsync(Golden(), TestContext.Current.CancellationToken);

        Assert.True(
            golden == document,
            $"Routes, parameters or schemas changed. Run the tests with {Refresh}=1, "
            + "and review the difference in openapi.json with the change.");
    }

    [Fact]
    public async Task Document_AskedForOften_IsMadeOnce()
    {
        var provider = new CountingProvider();
        await using var host = new ServiceHost(
            service.Repository, replace: services => services.AddSingleton<IAsyncSwaggerProvider>(provider));
        using var client = host.CreateClient();

        for (var i = 0; i < 3; i++)
        {
            using var response = await client.GetAsync("/swagger/v1/swagger.json", TestContext.Current.CancellationToken);
            Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("counted", text, StringComparison.Ordinal);
        }

        Assert.Equal(1, provider.Made);
    }

    [Fact]
    public async Task Document_OfTheService_IsOpenApi31WithItsTensors()
    {
        var document = await Document();

        Assert.StartsWith("3.1", document["openapi"]?.GetValue<string>(), StringComparison.Ordinal);
        var infer = Object(Object(Object(document, "paths"), "/v2/models/{name}/versions/{version}/infer"), "post");
        Assert.Equal(
            ["application/json", "application/octet-stream"], Object(Object(infer, "requestBody"), "content").Select(type => type.Key));
        Assert.Equal("200 400 401 404 408 413 415 422 429 500 503",
            string.Join(' ', Object(infer, "responses").Select(response => response.Key).Order()));
        Assert.Equal(
            ["name path", "version path", "Inference-Header-Content-Length header"],
            infer["parameters"]?.AsArray().Select(parameter => $"{parameter?["name"]} {parameter?["in"]}"));
    }

    [Fact]
    public async Task Document_Classify_TakesAFileOfEachTypeAndTypedParameters()
    {
        var classify = Object(Object(Object(await Document(), "paths"), "/v1/classify"), "post");

        var content = Object(Object(classify, "requestBody"), "content");
        var field = Object(Object(Object(Object(content, "multipart/form-data"), "schema"), "properties"), "image");
        Assert.Equal("binary", field["format"]?.GetValue<string>());
        Assert.All(
            ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif", "image/bmp", "application/octet-stream"],
            type => Assert.Equal("binary", Object(Object(content, type), "schema")["format"]?.GetValue<string>()));
        var parameters = classify["parameters"]?.AsArray().Select(Object).ToDictionary(
            parameter => parameter["name"]?.GetValue<string>() ?? "", parameter => Object(parameter, "schema")["type"]?.GetValue<string>());
        Assert.Equivalent(
            new Dictionary<string, string>
            {
                ["top"] = "integer",
                ["crops"] = "integer",
                ["models"] = "string",
                ["detail"] = "boolean",
                ["views"] = "boolean",
                ["minConfidence"] = "number",
            },
            parameters,
            strict: true);
    }

    [Fact]
    public async Task Document_Classify_ReturnsJsonAlone()
    {
        var classify = Object(Object(Object(await Document(), "paths"), "/v1/classify"), "post");

        var answer = Object(Object(Object(classify, "responses"), "200"), "content");

        Assert.Equal(["application/json"], answer.Select(type => type.Key));
    }

    [Fact]
    public async Task Document_EveryRoute_ListsRefusalsBeforeIt()
    {
        foreach (var (path, method, operation) in Operations(await Document()))
        {
            string[] open = ["/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"];
            string[] expected =
            [
                .. open.Contains(path) ? Array.Empty<string>() : ["401", "429"],
                .. path.EndsWith("load", StringComparison.Ordinal) ? ["403"] : Array.Empty<string>(),
                .. method == "post" ? ["408", "503"] : Array.Empty<string>(),
            ];
            var listed = Object(operation, "responses");

            Assert.Equal(expected.Order(), listed.Select(response => response.Key)
                .Where(status => status is "401" or "403" or "408" or "429" || (status == "503" && method == "post")).Order());
            Assert.Equal(expected.Contains("401"), operation["security"] is not null);
            Assert.All(expected, status => Assert.Equal(
                path.StartsWith("/v2", StringComparison.Ordinal) ? "application/json" : "application/problem+json",
                Object(Object(listed, status), "content").Single().Key));
        }
    }

    [Fact]
    public async Task Document_EveryParameter_HasItsLimitsAndAnExample()
    {
        foreach (var (path, method, operation) in Operations(await Document()))
        {
            foreach (var parameter in (operation["parameters"]?.AsArray() ?? []).Select(Object))
            {
                var (name, schema) = ($"{method} {path} {parameter["name"]}", Object(parameter, "schema"));
                Assert.True(parameter["description"] is not null, name);
                Assert.True(parameter["example"] is not null || schema["examples"] is JsonArray { Count: > 0 }, name);
                Assert.True(
                    schema["type"]?.GetValue<string>() == "boolean" || schema["pattern"] is not null || schema["minimum"] is not null
                        || schema["enum"] is not null,
                    name);
            }
        }
    }

    [Fact]
    public async Task Document_NamesAndVersionsInAddresses_HaveExamplesThatAreServed()
    {
        var examples = Operations(await Document())
            .SelectMany(route => (route.Operation["parameters"]?.AsArray() ?? []).Select(Object))
            .Where(parameter => parameter["in"]?.GetValue<string>() == "path")
            .Select(parameter => (parameter["name"]?.GetValue<string>(), parameter["example"]?.GetValue<string>()));

        Assert.Equal([("name", "cifar-a"), ("version", "1")], examples.Distinct());
    }

    [Fact]
    public async Task Document_EveryReference_Resolves()
    {
        var document = await Document();
        var schemas = Object(Object(document, "components"), "schemas");

        var references = document.ToJsonString().Split("#/components/schemas/").Skip(1).Select(
            rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)]);

        Assert.All(references.Distinct(), reference => Assert.True(schemas.ContainsKey(reference), reference));
    }

    [Theory]
    [InlineData("get", "/v1/models", "/v1/models")]
    [InlineData("get", "/v1/models/{name}", "/v1/models/cifar-a")]
    [InlineData("post", "/v1/classify", "/v1/classify?detail=true&views=true")]
    [InlineData("post", "/v1/classify/batch", "/v1/classify/batch")]
    [InlineData("post", "/v1/features", "/v1/features")]
    [InlineData("post", "/v1/explain", "/v1/explain?crops=1")]
    [InlineData("get", "/health/ready", "/health/ready")]
    [InlineData("get", "/v2", "/v2")]
    [InlineData("get", "/v2/models/{name}", "/v2/models/cifar-a")]
    [InlineData("get", "/v2/models/{name}/config", "/v2/models/cifar-a/config")]
    [InlineData("get", "/v2/models/stats", "/v2/models/stats")]
    public async Task Document_PropertiesThatAreRequired_AreInTheAnswer(string method, string route, string address)
    {
        var document = await Document();
        using var request = EveryRoute.Request(address.Split('?')[0]);
        request.RequestUri = new Uri(address, UriKind.Relative);
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var answer = Object(Object(Object(Object(Object(document, "paths"), route), method), "responses"), "200");
        var schema = Object(Object(Object(answer, "content"), "application/json"), "schema");

        Assert.True(Check(document, schema, await response.JsonAsync()) > 0, "Nothing is required.");
    }

    [Fact]
    public async Task Ui_Swagger_IsServed()
    {
        using var response = await service.Client.GetAsync("/swagger", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    /// <summary>Asserts that every required property is in a value and in the values in it.</summary>
    /// <returns>The number of properties that were required.</returns>
    private static int Check(JsonObject document, JsonObject schema, JsonNode? value)
    {
        if (schema["$ref"]?.GetValue<string>().Split('/')[^1] is { } name)
        {
            schema = Object(Object(Object(document, "components"), "schemas"), name);
        }

        if (value is JsonArray list)
        {
            return list.Sum(item => Check(document, Object(schema, "items"), item));
        }

        string[] required = [.. schema["required"]?.AsArray().Select(property => $"{property}") ?? []];
        Assert.All(required, property => Assert.True(value?[property] is not null, $"{property} is missing in {value?.ToJsonString()}."));
        return required.Length + (schema["properties"]?.AsObject() ?? []).Where(property => value?[property.Key] is not null)
            .Sum(property => Check(document, Object(property.Value), value?[property.Key]));
    }

    private static string Golden()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AlexNetService.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? "", "tests", "AlexNetService.Api.FunctionalTests", "Pages", "openapi.json");
    }

    private async Task<JsonObject> Document()
    {
        using var response = await service.Client.GetAsync("/swagger/v1/swagger.json", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Object(await response.JsonAsync());
    }

    private static IEnumerable<(string Path, string Method, JsonObject Operation)> Operations(JsonObject document) =>
        from path in Object(document, "paths")
        from operation in Object(path.Value)
        select (path.Key, operation.Key, Object(operation.Value));

    private static JsonObject Object(JsonNode? node) => node?.AsObject() ?? throw new InvalidOperationException("There is no object.");

    private static JsonObject Object(JsonObject node, string name) =>
        node[name]?.AsObject() ?? throw new InvalidOperationException($"There is no {name}.");

    private sealed class CountingProvider : IAsyncSwaggerProvider
    {
        public int Made { get; private set; }

        public Task<OpenApiDocument> GetSwaggerAsync(string documentName, string? host = null, string? basePath = null)
        {
            Made++;
            return Task.FromResult(new OpenApiDocument { Info = new OpenApiInfo { Title = "counted", Version = documentName } });
        }
    }
}
