namespace GlueClassification;

/// <summary>Something that whoever typed the command can put right. The message is all that is shown.</summary>
internal sealed class UserException(string message) : Exception(message);
