namespace AlexNetService.Inference.Catalog;

/// <summary>The repository cannot be served.</summary>
public sealed class CatalogException(IReadOnlyList<string> reasons) : Exception(string.Join(' ', reasons))
{
    /// <summary>The causes and their remedies, a sentence each.</summary>
    public IReadOnlyList<string> Reasons { get; } = reasons;
}
