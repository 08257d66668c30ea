namespace AlexNetService.ModelSpec.Package;

/// <summary>The file that imported weights were read from.</summary>
/// <param name="File">Its name, without its path.</param>
/// <param name="Sha256">Its SHA-256, lower-case hexadecimal.</param>
public sealed record WeightOrigin(string File, string Sha256);
