using System.Text.Json;
using AlexNetService.Api.Models;
using AlexNetService.Api.Security;
using AlexNetService.OpenInference;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlexNetService.Api.OpenInference;

/// <summary>The model repository extension: which packages there are, and which of them are served.</summary>
internal static class RepositoryEndpoint
{
    public const int MaxBodyBytes = 65_536;

    private static readonly int[] Errors =
    [
        StatusCodes.Status400BadRequest,
        StatusCodes.Status413PayloadTooLarge,
        StatusCodes.Status415UnsupportedMediaType,
        StatusCodes.Status503ServiceUnavailable,
    ];

    public static void Map(RouteGroupBuilder group)
    {
        int[] errors = [.. Errors, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict];
        group.MapPost("/index", Index)
            .WithName("RepositoryIndex")
            .WithSummary("List the models in the repository, loaded or not")
            .WithMetadata(new RepositoryBodyMetadata(
                "ready: true lists only models that accept requests. May be empty.", """{"ready":false}"""))
            .ProducesErrors(Errors);
        var admin = group.MapGroup("/models/{name}").WithMetadata(RouteAccess.Admin);
        admin.MapPost("/load", Load)
            .WithName("LoadModel")
            .WithSummary("Serve the newest (or pinned) version of a model")
            .WithMetadata(new RepositoryBodyMetadata(
                "Takes no parameters: packages come from the repository's folder. May be empty.", "{}"))
            .ProducesErrors(errors);
        admin.MapPost("/unload", Unload)
            .WithName("UnloadModel")
            .WithSummary("Stop serving a model")
            .WithMetadata(new RepositoryBodyMetadata(
                "unload_dependents must be false. May be empty.", """{"parameters":{"unload_dependents":false}}"""))
            .ProducesErrors(errors);
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

    private static async Task<Results<Ok, InferenceError>> Load(
        string name, HttpContext context, ServedModels served, CancellationToken cancellation)
    {
        if (!(await ReadAsync(context.Request, cancellation)).TryGet(out var body, out var error))
        {
            return new InferenceError(error);
        }

        return served.Draining || served.Catalog is not { } catalog
            ? new InferenceError(ModelProblems.NotReady(served))
            : Answer(await RepositoryControl.LoadAsync(catalog, name, Parameters(body).Keys, cancellation));
    }

    private static async Task<Results<Ok, InferenceError>> Unload(
        string name, HttpContext context, ServedModels served, CancellationToken cancellation)
    {
        if (!(await ReadAsync(context.Request, cancellation)).TryGet(out var body, out var error))
        {
            return new InferenceError(error);
        }

        return served.Draining || served.Catalog is not { } catalog
            ? new InferenceError(ModelProblems.NotReady(served))
            : Answer(await RepositoryControl.UnloadAsync(catalog, name, IsTrue(Parameters(body), "unload_dependents"), cancellation));
    }

    private static Results<Ok, InferenceError> Answer(ProtocolError? error) =>
        error is null ? TypedResults.Ok() : new InferenceError(error);

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

/// <summary>Marks an endpoint that reads a small JSON body.</summary>
/// <param name="Description">What the body may contain.</param>
/// <param name="Example">JSON.</param>
internal sealed record RepositoryBodyMetadata(string Description, string Example);
