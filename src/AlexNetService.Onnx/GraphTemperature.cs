namespace AlexNetService.Onnx;

/// <summary>
/// Puts a temperature into a finished graph: probabilities = softmax(logits / T). The logits stay raw, so that another temperature
/// can be fitted to them later. Graphs of other exporters work too; everything else in them stays unchanged.
/// </summary>
public static class GraphTemperature
{
    private const string Scaled = "temperature.logits";
    private const string Inverse = "temperature.inverse";

    /// <summary>Divides the logits by a temperature before the softmax, and removes the division of an earlier call.</summary>
    /// <param name="tensors">Names of its tensors, logits and probabilities among them.</param>
    /// <param name="temperature">Above 0; 1 leaves the plain softmax.</param>
    /// <exception cref="ArgumentException">The probabilities are not the output of a Softmax over the logits.</exception>
    public static byte[] Set(ReadOnlySpan<byte> model, TensorNames tensors, double temperature)
    {
        var proto = ModelProto.Parser.ParseFrom(model);
        var graph = proto.Graph;
        var softmax = graph.Node.FirstOrDefault(node => node.OpType == "Softmax" && node.Output[0] == tensors.Probabilities);
        if (softmax is null || tensors.Logits is not { } logits || (softmax.Input[0] != logits && softmax.Input[0] != Scaled))
        {
            throw new ArgumentException(
                $"'{tensors.Probabilities}' is not the output of a Softmax over '{tensors.Logits}', so no temperature can be set.",
                nameof(tensors));
        }

        if (softmax.Input[0] == Scaled)
        {
            graph.Node.Remove(graph.Node.Single(node => node.Output.Contains(Scaled)));
            graph.Initializer.Remove(graph.Initializer.Single(tensor => tensor.Name == Inverse));
            softmax.Input[0] = logits;
        }

        if (temperature != 1)
        {
            var divide = new NodeProto { OpType = "Mul", Name = Scaled, Input = { logits, Inverse }, Output = { Scaled } };
            graph.Node.Insert(graph.Node.IndexOf(softmax), divide);
            GraphWriter.AddConstant(graph, Inverse, DataType.Float, [], MemoryMarshal.AsBytes<float>([(float)(1 / temperature)]));
            softmax.Input[0] = Scaled;
        }

        if (graph.Output.FirstOrDefault(output => output.Name == tensors.Probabilities) is { } declared)
        {
            declared.DocString = temperature == 1
                ? "softmax of the logits"
                : string.Create(CultureInfo.InvariantCulture, $"softmax of the logits / {temperature}");
        }

        return proto.ToByteArray();
    }
}
