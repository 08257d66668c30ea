namespace AlexNetService.Inference.Catalog;

/// <summary>The outcome of a load or an unload: one of the records below.</summary>
public abstract record CatalogChange
{
    private CatalogChange()
    {
    }

    /// <summary>The version is served; requests under way keep the previous one.</summary>
    /// <param name="Name">Name of the model.</param>
    /// <param name="Version">The version that is served from now on.</param>
    /// <param name="Replaced">The version that was served before, or null.</param>
    public sealed record Loaded(string Name, int Version, int? Replaced) : CatalogChange;

    /// <summary>The requested package is served already.</summary>
    /// <param name="Name">Name of the model.</param>
    /// <param name="Version">The version that is served.</param>
    public sealed record Unchanged(string Name, int Version) : CatalogChange;

    /// <summary>The model is no longer served; requests under way keep it.</summary>
    /// <param name="Name">Name of the model.</param>
    /// <param name="Version">The version that was served.</param>
    public sealed record Unloaded(string Name, int Version) : CatalogChange;

    /// <summary>There is no such model, or no such version; nothing changed.</summary>
    /// <param name="Reason">What exists instead, a sentence.</param>
    public sealed record NotFound(string Reason) : CatalogChange;

    /// <summary>The change is not possible; nothing changed.</summary>
    /// <param name="Reason">The cause and the remedy, a sentence.</param>
    public sealed record Refused(string Reason) : CatalogChange;
}
