namespace AlexNetService.ModelSpec.Architecture;

/// <summary>How large the picture is that crops are cut from, and how large the crops are.</summary>
/// <param name="Canvas">Side of the square canvas, in pixels: shorter side scaled to it, centre taken.</param>
/// <param name="Crop">Side of the square crop that the network reads, in pixels; at most the canvas.</param>
public sealed record CropGeometry(int Canvas, int Crop);
