using System.Text.Json;

namespace AlexNetService.Api.OpenInference;

/// <summary>The model repository extension: which packages there are, and which of them are served.</summary>
internal static class RepositoryEndpoint
{
    public const int MaxBodyBytes = 65_536;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/index", Index)
            .WithName("RepositoryIndex")
            .WithSummary("List the models in the repository, loaded or not")
            .WithMetadata(new RepositoryBodyMetadata(
                "ready: true lists only models that accept requests. May be empty.", """{"ready":false}"""))
            .ProducesErrors(400, 413, 415, 503);
        var admin = group.MapGroup("/models/{name}").WithMetadata(RouteAccess.Admin);
        admin.MapPost("/load", Load)
            .WithName("LoadModel")
            .WithSummary("Serve the newest (or pinned) version of a model")
            .WithMetadata(new RepositoryBodyMetadata(
                "Takes no parameters: packages come from the repository's folder. May be empty.", "{}"))
            .ProducesErrors(400, 413, 415, 503, 404, 409);
        admin.MapPost("/unload", Unload)
            .WithName("UnloadModel")
            .WithSummary("Stop serving a model")
            .WithMetadata(new RepositoryBodyMetadata(
                "unload_dependents must be false. May be empty.", """{"parameters":{"unload_dependents":false}}"""))
            .ProducesErrors(400, 413, 415, 503, 404, 409);
    }

    private static async Task<Results<Ok<IReadOnlyList<RepositoryEntry>>, InferenceError>> Index(
        HttpContext context, ServedModels served, RepositoryControl repository, CancellationToken cancellation)
    {
        if (!(await ReadAsync(context.Request, cancellation)).TryGet(out var body, out var error))
        {
            return new InferenceError(error);
        }

        using var lease = served.Enter();
        return lease is null || served.Catalog is not { } catalog
            ? new InferenceError(ModelProblems.NotReady(served))
            : TypedResults.Ok(repository.Index(catalog, lease.Snapshot, onlyReady: IsTrue(body, "ready")));
    }

    private static Task<Results<Ok, InferenceError>> Load(
        string name, HttpContext context, ServedModels served, CancellationToken cancellation) => Change(
            context,
            served,
            (catalog, parameters) => RepositoryControl.LoadAsync(catalog, name, parameters.Keys, cancellation),
            cancellation);

    private static Task<Results<Ok, InferenceError>> Unload(
        string name, HttpContext context, ServedModels served, CancellationToken cancellation) => Change(
            context,
            served,
            (catalog, parameters) =>
                RepositoryControl.UnloadAsync(catalog, name, IsTrue(parameters, "unload_dependents"), cancellation),
            cancellation);

    private static async Task<Results<Ok, InferenceError>> Change(
        HttpContext context,
        ServedModels served,
        Func<ModelCatalog, Dictionary<string, JsonElement>, Task<ProtocolError?>> change,
        CancellationToken cancellation)
    {
        if (!(await ReadAsync(context.Request, cancellation)).TryGet(out var body, out var error))
        {
            return new InferenceError(error);
        }

        return served.Draining || served.Catalog is not { } catalog ? new InferenceError(ModelProblems.NotReady(served))
            : await change(catalog, Parameters(body)) is { } refusal ? new InferenceError(refusal)
            : TypedResults.Ok();
    }

    /// <summary>Reads the JSON object of a body; an empty body is an empty object.</summary>
    private static async Task<Result<Dictionary<string, JsonElement>, ProtocolError>> ReadAsync(
        HttpRequest request, CancellationToken cancellation)
    {
        if (!(await ProtocolBody.ReadAsync(request, MaxBodyBytes, cancellation)).TryGet(out var body, out var error))
        {
            return error;
        }

        using var bytes = body;
        try
        {
            return bytes.Bytes.IsEmpty ? [] : JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(bytes.Bytes.Span) ?? [];
        }
        catch (JsonException)
        {
            return ProtocolError.Invalid("The body is not a JSON object. Send an object, or nothing.");
        }
    }

    private static Dictionary<string, JsonElement> Parameters(Dictionary<string, JsonElement> body) =>
        body.TryGetValue("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object
            ? parameters.EnumerateObject().DistinctBy(each => each.Name).ToDictionary(each => each.Name, each => each.Value)
            : [];

    private static bool IsTrue(Dictionary<string, JsonElement> json, string name) =>
        json.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.True;
}

/// <summary>Marks an endpoint that reads a small JSON body, and documents it.</summary>
internal sealed record RepositoryBodyMetadata(string Description, string Example);
