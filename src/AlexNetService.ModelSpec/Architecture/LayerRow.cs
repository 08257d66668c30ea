namespace AlexNetService.ModelSpec.Architecture;

/// <summary>A layer with what shape inference found out about it.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Input">Shape it reads, all columns together.</param>
/// <param name="Output">Shape it writes, all columns together.</param>
/// <param name="Parameters">Weights and biases of the whole network's layer.</param>
/// <param name="MultiplyAdds">Multiply-add operations of its dot products for one crop; 0 for layers without weights.</param>
public sealed record LayerRow(Layer Layer, Shape Input, Shape Output, long Parameters, long MultiplyAdds);
