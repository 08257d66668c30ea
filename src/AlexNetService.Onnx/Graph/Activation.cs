using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Onnx.Graph;

/// <summary>A tensor between two layers.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Shape">Its shape for one crop, all columns together, the first column's maps first.</param>
/// <param name="Flat">Whether it is [N, values] in the graph rather than [N, maps, height, width].</param>
internal readonly record struct Activation(string Name, Shape Shape, bool Flat);
