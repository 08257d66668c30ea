using System.Globalization;
using System.Text.Json;
using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Api.Security;
using AlexNetService.Inference.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlexNetService.Api.OpenInference;

/// <summary>The model repository extension: what there is, and what is served of it.</summary>
internal static class RepositoryEndpoint
{
    public const int MaxBodyBytes = 65_536;

    private static readonly int[] Errors =
        [StatusCodes.Status400BadRequest, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType, StatusCodes.Status503ServiceUnavailable];

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/index", Index).WithName("RepositoryIndex").WithSummary("Models in the repository, loaded or not")
            .WithMetadata(new RepositoryBodyMetadata("ready: only those that take requests. May be empty.", """{"ready":false}""")).ProducesErrors(Errors);
        var admin = group.MapGroup("/models/{name}").WithMetadata(AdminRouteMetadata.Instance);
        int[] errors = [.. Errors, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict];
        admin.MapPost("/load", Load).WithName("LoadModel").WithSummary("Serve the newest (or pinned) version of a model")
            .WithMetadata(new RepositoryBodyMetadata("Nothing to say: packages come from the repository's folder only. May be empty.", "{}")).ProducesErrors(errors);
        admin.MapPost("/unload", Unload).WithName("UnloadModel").WithSummary("Serve a model no more")
            .WithMetadata(new RepositoryBodyMetadata("unload_dependents must be false. May be empty.", """{"parameters":{"unload_dependents":false}}""")).ProducesErrors(errors);
    }

    private static async Task<Results<Ok<IReadOnlyList<RepositoryEntry>>, InferenceError>> Index(
        HttpContext context, ServedModels served, CancellationToken cancellation)
    {
        var (onlyReady, problem) = await ReadAsync(context.Request, json => IsTrue(json, "ready"), cancellation);
        if (problem is not null)
        {
            return new InferenceError(problem);
        }

        using var lease = served.Enter();
        return lease is null || served.Catalog is not { } catalog
            ? new InferenceError(ModelProblems.NotReady(served))
            : TypedResults.Ok<IReadOnlyList<RepositoryEntry>>(
                [.. Entries(catalog, lease.Snapshot).Where(entry => !onlyReady || entry.State == "READY")]);
    }

    private static IEnumerable<RepositoryEntry> Entries(ModelCatalog catalog, CatalogSnapshot snapshot)
    {
        var (packages, states) = (catalog.Packages(), catalog.States());
        var names = packages.Select(package => package.Name).Concat(states.Select(state => state.Name)).Distinct(StringComparer.Ordinal);
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            var state = states.FirstOrDefault(state => state.Name == name);
            var versions = (packages.FirstOrDefault(package => package.Name == name)?.Versions ?? []).Concat(state?.Versions ?? []);
            foreach (var version in versions.Distinct().OrderDescending())
            {
                var (word, reason) = Standing(version, state);
                yield return new RepositoryEntry(name, version.ToString(CultureInfo.InvariantCulture), word, reason);
            }
        }

        foreach (var ensemble in InferenceModel.All(snapshot).Where(model => model.Session is null))
        {
            yield return new RepositoryEntry(ensemble.Name, ensemble.Version, "READY", "");
        }
    }

    private static (string Word, string Reason) Standing(int version, ModelState? state) =>
        state is null ? ("UNAVAILABLE", "")
        : state.Version == version ? ("READY", "")
        : state.Versions.Contains(version) ? ("UNLOADING", "")
        : state.Loading ? ("LOADING", "")
        : ("UNAVAILABLE", state.Reason ?? "");

    private static async Task<Results<Ok, InferenceError>> Load(
        string name, HttpContext context, ServedModels served, CancellationToken cancellation)
    {
        var (hasPackage, problem) = await ReadAsync(
            context.Request, json => Parameters(json).Any(parameter => IsPackage(parameter.Name)), cancellation);
        return problem is not null ? new InferenceError(problem)
            : hasPackage ? new InferenceError(OpenInferenceProblems.Bad(
                "Models come from the repository's folder only. Put the package there, and load without the parameters config and file:."))
            : served.Draining || served.Catalog is not { } catalog ? new InferenceError(ModelProblems.NotReady(served))
            : Of(await catalog.LoadAsync(name, version: null, cancellation));
    }

    private static async Task<Results<Ok, InferenceError>> Unload(
        string name, HttpContext context, ServedModels served, CancellationToken cancellation)
    {
        var (dependents, problem) = await ReadAsync(
            context.Request, json => Parameters(json).Any(parameter => parameter is { Name: "unload_dependents", Value.ValueKind: JsonValueKind.True }), cancellation);
        return problem is not null ? new InferenceError(problem)
            : dependents ? new InferenceError(OpenInferenceProblems.Bad(
                "Ensembles are settings and cannot be unloaded with a member. Leave unload_dependents out."))
            : served.Draining || served.Catalog is not { } catalog ? new InferenceError(ModelProblems.NotReady(served))
            : Of(await catalog.UnloadAsync(name, cancellation));
    }

    private static Results<Ok, InferenceError> Of(CatalogChange change) => change switch
    {
        CatalogChange.NotFound { Reason: var reason } => new InferenceError(OpenInferenceProblems.NotFound(reason)),
        CatalogChange.Refused { Reason: var reason } => new InferenceError(OpenInferenceProblems.Conflict(reason)),
        _ => TypedResults.Ok(),
    };

    /// <summary>Reads what little such a body says; an empty one says nothing.</summary>
    private static async Task<(bool Answer, Problem? Problem)> ReadAsync(
        HttpRequest request, Func<JsonElement, bool> ask, CancellationToken cancellation)
    {
        var (bytes, problem) = await InferBody.BytesAsync(request, MaxBodyBytes, cancellation);
        if (bytes is null)
        {
            return (false, problem);
        }

        using (bytes)
        {
            try
            {
                using var json = JsonDocument.Parse(bytes.Bytes.IsEmpty ? "{}"u8.ToArray() : bytes.Bytes);
                return json.RootElement.ValueKind == JsonValueKind.Object
                    ? (ask(json.RootElement), null)
                    : (false, OpenInferenceProblems.Bad("The body must be an object, or nothing."));
            }
            catch (JsonException)
            {
                return (false, OpenInferenceProblems.Bad("The body is no JSON. Send an object, or nothing."));
            }
        }
    }

    private static bool IsTrue(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static JsonProperty[] Parameters(JsonElement json) =>
        json.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object ? [.. parameters.EnumerateObject()] : [];

    private static bool IsPackage(string parameter) => parameter == "config" || parameter.StartsWith("file:", StringComparison.Ordinal);
}

/// <summary>Marks an endpoint that reads a small JSON body itself.</summary>
/// <param name="Description">What it may say.</param>
/// <param name="Example">JSON.</param>
internal sealed record RepositoryBodyMetadata(string Description, string Example);
