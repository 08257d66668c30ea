namespace AlexNetService.Inference.Catalog;

/// <summary>The outcome of a load or an unload: one of the records below.</summary>
public abstract record CatalogChange
{
    private CatalogChange()
    {
    }

    /// <summary>The version is served, in place of the replaced one, if any; requests under way keep that one.</summary>
    public sealed record Loaded(string Name, int Version, int? Replaced) : CatalogChange;

    /// <summary>The requested package is served already.</summary>
    public sealed record Unchanged(string Name, int Version) : CatalogChange;

    /// <summary>The model is no longer served; requests under way keep it.</summary>
    public sealed record Unloaded(string Name, int Version) : CatalogChange;

    /// <summary>There is no such model, or no such version; nothing changed. The reason says what exists instead, a sentence.</summary>
    public sealed record NotFound(string Reason) : CatalogChange;

    /// <summary>The change is not possible; nothing changed. The reason gives the cause and the remedy, a sentence.</summary>
    public sealed record Refused(string Reason) : CatalogChange;
}
