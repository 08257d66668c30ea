using System.Globalization;
using System.Net;
using AlexNetService.Inference.Catalog;

namespace AlexNetService.OpenInference;

/// <summary>The model repository extension: lists the packages, and loads and unloads models.</summary>
public sealed class RepositoryControl(ProtocolCatalog models)
{
    private const string Ready = "READY";

    /// <summary>The versions in the repository and the ensembles, with their states.</summary>
    public IReadOnlyList<RepositoryEntry> Index(ModelCatalog catalog, CatalogSnapshot snapshot, bool onlyReady)
    {
        var (packages, states) = (catalog.Packages(), catalog.States().ToDictionary(state => state.Name, StringComparer.Ordinal));
        var versions =
            from name in packages.Keys.Union(states.Keys).Order(StringComparer.Ordinal)
            let state = states.GetValueOrDefault(name)
            from version in (packages.GetValueOrDefault(name) ?? [])
                .Union(state?.Versions ?? []).OrderDescending()
            select Entry(name, version, state);
        var ensembles = models.All(snapshot).Where(model => model.Session is null)
            .Select(ensemble => new RepositoryEntry(ensemble.Name, ensemble.Version, Ready, ""));
        return [.. versions.Concat(ensembles).Where(entry => !onlyReady || entry.State == Ready)];
    }

    /// <summary>Serves the newest (or pinned) version of a model. Returns null, or why it was not loaded.</summary>
    public static async Task<ProtocolError?> LoadAsync(
        ModelCatalog catalog, string name, IEnumerable<string> parameters, CancellationToken cancellation) =>
        parameters.Any(parameter => parameter == "config" || parameter.StartsWith("file:", StringComparison.Ordinal))
            ? ProtocolError.Invalid(
                "Models come from the repository's folder only. Put the package there, and load it without config and file:.")
            : ErrorOf(await catalog.LoadAsync(name, version: null, cancellation));

    /// <summary>Stops serving a model. Returns null, or why not: ensembles, its dependents, cannot be unloaded with it.</summary>
    public static async Task<ProtocolError?> UnloadAsync(
        ModelCatalog catalog, string name, bool withDependents, CancellationToken cancellation) =>
        withDependents
            ? ProtocolError.Invalid("Ensembles are settings and cannot be unloaded with a member. Leave unload_dependents out.")
            : ErrorOf(await catalog.UnloadAsync(name, cancellation));

    private static RepositoryEntry Entry(string name, int version, ModelState? state)
    {
        var (word, reason) = state is null ? ("UNAVAILABLE", null)
            : state.Version == version ? (Ready, null)
            : state.Versions.Contains(version) ? ("UNLOADING", null)
            : state.Loading ? ("LOADING", null)
            : ("UNAVAILABLE", state.Reason);
        return new RepositoryEntry(name, version.ToString(CultureInfo.InvariantCulture), word, reason ?? "");
    }

    private static ProtocolError? ErrorOf(CatalogChange change) => change switch
    {
        CatalogChange.NotFound { Reason: var reason } => ProtocolError.NotFound(reason),
        CatalogChange.Refused { Reason: var reason } => new ProtocolError(HttpStatusCode.Conflict, reason),
        _ => null,
    };
}
