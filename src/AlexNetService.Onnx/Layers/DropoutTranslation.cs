using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>No node: after training, dropout is the identity (its scaling happened while training).</summary>
internal static class DropoutTranslation
{
    public static Activation Write(Activation input) => input;
}
