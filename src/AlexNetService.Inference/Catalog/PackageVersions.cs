namespace AlexNetService.Inference.Catalog;

/// <summary>A model in the repository's folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">Its versions, newest first.</param>
public sealed record PackageVersions(string Name, IReadOnlyList<int> Versions);
