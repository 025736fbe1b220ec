namespace Microsoft.ML.Eva;

/// <summary>How the last hidden state becomes one vector per row before the classifier.</summary>
public enum HeadKind
{
    /// <summary>What the checkpoint says (a sentence-transformers <c>1_Pooling/config.json</c>), else the family's own classifier.</summary>
    Auto,

    /// <summary>Mean over the tokens that are not padding, or over a picture's patches, dropout, linear layer.</summary>
    Mean,

    /// <summary>The first token (CLS), dropout, linear layer.</summary>
    Cls,

    /// <summary>The family's own classifier: for BERT pooler, dropout, linear layer; for DINOv2 a linear layer over CLS and the patches' mean; for ResNet, whatever is chosen, one over the mean of all places.</summary>
    Pooler,
}
