namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>Computes the answer of a tiny graph without ONNX Runtime.</summary>
internal static class ByHand
{
    /// <param name="graph">The graph.</param>
    /// <param name="values">Tensor values of one crop, in the order of the graph's input.</param>
    /// <returns>[classes].</returns>
    public static double[] Logits(TinyGraph graph, IReadOnlyList<double> values)
    {
        var logits = graph.Biases.Select(bias => (double)bias).ToArray();
        for (var i = 0; i < values.Count; i++)
        {
            for (var c = 0; c < graph.Classes; c++)
            {
                logits[c] += values[i] * graph.Weights[(i * graph.Classes) + c];
            }
        }

        return logits;
    }

    public static double[] Softmax(double[] logits)
    {
        var sum = logits.Sum(Math.Exp);
        return [.. logits.Select(logit => Math.Exp(logit) / sum)];
    }
}
