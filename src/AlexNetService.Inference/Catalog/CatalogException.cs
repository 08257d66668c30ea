namespace AlexNetService.Inference.Catalog;

/// <summary>The repository cannot be served.</summary>
/// <param name="reasons">What is wrong and what to do, a sentence each.</param>
public sealed class CatalogException(IReadOnlyList<string> reasons) : Exception(string.Join(' ', reasons))
{
    /// <summary>What is wrong and what to do, a sentence each.</summary>
    public IReadOnlyList<string> Reasons { get; } = reasons;
}
