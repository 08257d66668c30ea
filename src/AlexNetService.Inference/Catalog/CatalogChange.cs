namespace AlexNetService.Inference.Catalog;

/// <summary>What became of a load, a reload or an unload: one of the records below.</summary>
public abstract record CatalogChange
{
    private CatalogChange()
    {
    }

    /// <summary>The version is served; the one before drains.</summary>
    /// <param name="Name">Name of the model.</param>
    /// <param name="Version">The version that is served from now on.</param>
    /// <param name="Replaced">The version that was served before, or null.</param>
    public sealed record Loaded(string Name, int Version, int? Replaced) : CatalogChange;

    /// <summary>The package that was asked for is served already.</summary>
    /// <param name="Name">Name of the model.</param>
    /// <param name="Version">The version that is served.</param>
    public sealed record Unchanged(string Name, int Version) : CatalogChange;

    /// <summary>The model is served no more; requests under way still have it.</summary>
    /// <param name="Name">Name of the model.</param>
    /// <param name="Version">The version that was served.</param>
    public sealed record Unloaded(string Name, int Version) : CatalogChange;

    /// <summary>There is no such model, or no such version; nothing changed.</summary>
    /// <param name="Reason">What there is instead, a sentence.</param>
    public sealed record NotFound(string Reason) : CatalogChange;

    /// <summary>It cannot be; nothing changed.</summary>
    /// <param name="Reason">Why and what to do, a sentence.</param>
    public sealed record Refused(string Reason) : CatalogChange;
}
